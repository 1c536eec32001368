"""What people read in the place of the codes that travel: stages, kinds, levels.

The wire has `resident_id`, a sentence has 居民身份证. `texts` fills these in where an error names
such a code, and pages and tables may do the same: `translator(locale).gettext(WORDS[code])`.
"""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_

_STAGES = {
    "study": N_("study"),
    "training": N_("training"),
    "assessment": N_("assessment"),
    "certification": N_("certification"),
}
_DOCUMENTS = {
    "resident_id": N_("resident identity card"),
    "residence_permit_hk_mo_tw": N_("residence permit for Hong Kong, Macao and Taiwan residents"),
    "mainland_travel_permit_hk_mo": N_("mainland travel permit for Hong Kong and Macao residents"),
    "mainland_travel_permit_tw": N_("mainland travel permit for Taiwan residents"),
    "foreign_permanent_resident_id": N_("foreign permanent resident identity card"),
    "passport": N_("passport"),
}
_VERIFICATION = {
    "self_declared": N_("self-declared"),
    "original_seen": N_("original seen"),
    "national_query": N_("checked in the national query"),
    "issuer": N_("posted by the issuer"),
}
_REGISTERS = {
    "institution": N_("institution"),
    "authorisation": N_("authorisation"),
    "module": N_("module"),
    "programme": N_("programme"),
    "occupation": N_("occupation"),
    "ability_specification": N_("ability specification"),
    "scale": N_("scale"),
    "credit_system": N_("credit system"),
    "offering": N_("offering"),
    "certificate_kind": N_("certificate kind"),
    "rulebook": N_("rulebook"),
}

_DECISIONS = {
    "conversion_pending": N_("on its way, reserved"),
    "conversion_registered": N_("registered"),
    "conversion_rejected": N_("rejected"),
    "conversion_withdrawn": N_("withdrawn"),
    "conversion_expired": N_("reservation expired"),
    "conversion_returned": N_("given back"),
    "verdict_met": N_("met"),
    "verdict_not_met": N_("not met"),
    "verdict_needs_evidence": N_("needs evidence"),
    "verdict_not_in_force": N_("rule not in force"),
    "verdict_undecided": N_("undecided: a person has to decide"),
    "step_passed": N_("passed"),
    "step_rejected": N_("rejected"),
    "by_learner": N_("the learner"),
    "by_owner": N_("the owner of the rulebook"),
    "by_evaluator": N_("the evaluator"),
    "by_authority": N_("the authority"),
    "by_bank": N_("the bank's desk"),
    "academic": N_("academic"),
    "grade": N_("grade"),
    "subsidy": N_("subsidy"),
}

WORDS: Final[dict[str, str]] = _STAGES | _DOCUMENTS | _VERIFICATION | _REGISTERS | _DECISIONS
"""Code to message id; the English word is the id."""
