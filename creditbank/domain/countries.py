"""Codes of the states that issue passports, as the machine-readable zone has them.

ISO 3166-1 alpha-3, and beside it what ICAO Doc 9303-3, section 5, adds for holders without such a
code: British passports by status, United Nations, European Union and others, stateless persons and
refugees. Germany's zone says `D<<`; here it is DEU.
"""

from __future__ import annotations

from typing import Final

_CODES: Final = """
    ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR
    BHR BHS BIH BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG
    COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH
    FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY
    HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM
    KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL
    MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR
    NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU
    SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA
    TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB
    VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE
    GBD GBN GBO GBP GBS EUE RKS UNA UNK UNO XBA XCC XCE XCO XEC XES XIM XMP XOM XPO XDC
    XXA XXB XXC XXX
"""

COUNTRIES: Final = frozenset(_CODES.split())
"""Every code that an issuing state or organisation may have."""

_ZONES: Final = {"D": "DEU"}


def country_code(text: str) -> str | None:
    """Return a code as ISO 3166-1 has it, upper-case; None if `text` is none.

    The filling signs of a machine-readable zone are dropped.
    """
    code = text.strip().upper().rstrip("<")
    code = _ZONES.get(code, code)
    return code if code in COUNTRIES else None
