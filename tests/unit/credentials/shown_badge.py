"""A badge as the bank signs it, for pages and pictures; its signature is of no consequence."""

from __future__ import annotations

from typing import Any

ADDRESS = "https://bank.example/credentials/3f2c7a5e-9b41-4d86-8c0e-71d5a2f6b490"


def badge(holder: str = "张三丰") -> dict[str, Any]:
    """Return a badge with everything that a page can show."""
    school = "佛山市机器人学院"
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": ADDRESS,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "工业视觉检测",
        "issuer": {"id": "did:web:bank.example", "type": ["Profile"], "name": "粤湾技能学分银行"},
        "validFrom": "2026-11-01T00:00:00Z",
        "awardedDate": "2026-10-30T00:00:00Z",
        "credentialSubject": {
            "type": ["AchievementSubject", "SkillsOutcome"],
            "id": "urn:uuid:11111111-1111-4111-8111-111111111111",
            "creditsEarned": 1.5,
            "achievedOn": "2026-10-30",
            "classHoursTheory": "8.00",
            "classHoursPractice": "16.00",
            "creditAmount": [
                {"creditSystem": "cn-16", "creditSystemName": "十六学时制", "amount": "1.50"},
                {"creditSystem": "cn-10", "creditSystemName": "十学时制", "amount": "2.40"},
            ],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": holder,
                    "identityType": "name",
                }
            ],
            "stage": [
                {
                    "type": ["SkillsStage"],
                    "stageName": "study",
                    "stageInstitution": school,
                    "classHours": "8.00",
                    "startedOn": "2026-10-01",
                    "endedOn": "2026-10-12",
                }
            ],
            "source": {"id": "urn:uuid:2", "type": ["Profile"], "name": school},
            "verificationLevel": "issuer",
            "result": [{"type": ["Result"], "resultDescription": "urn:uuid:A", "value": "87.00"}],
            "achievement": {
                "id": "https://bank.example/v1/registers/module/GD-AI-VQI/versions/1",
                "type": ["Achievement", "SkillsAchievement"],
                "name": "工业视觉检测",
                "nameEn": "Industrial vision inspection",
                "description": "用机器视觉完成缺陷检测。",
                "descriptionEn": "Detecting defects by machine vision.",
                "humanCode": "GD-AI-VQI",
                "version": "1",
                "moduleKind": "micro",
                "criteria": {"narrative": "理论与实操各不低于 60 分。"},
                "criteriaEn": "At least 60 in theory and in practice.",
                "skillsLevel": {"scale": "cn-skill", "rank": 1, "levelName": "五级/初级工"},
                "alignment": [
                    {"targetName": "视觉检测", "targetFramework": "ESCO", "targetCode": "S4.8.1"}
                ],
                "resultDescription": [
                    {"id": "urn:uuid:A", "name": "百分制", "requiredValue": "60"}
                ],
            },
        },
        "evidence": [
            {
                "type": ["Evidence", "LedgerEvidence"],
                "logOrigin": "bank.example/log",
                "entryIndex": 1234,
                "leafHash": "87f65a76d40146205e3b3e06cb0fbd153f97f9ce70372390f52566bb7f9e0773",
            }
        ],
        "proof": {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": "2026-11-01T08:30:00Z",
            "verificationMethod": "did:web:bank.example#z6Mk",
            "proofPurpose": "assertionMethod",
            "proofValue": "z]]>",
        },
    }


def record(parts: int) -> dict[str, Any]:
    """Return a statement with so many badges in it."""
    return {
        "id": ADDRESS,
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "学习成果对账单",
        "issuer": {"id": "did:web:bank.example", "name": "粤湾技能学分银行"},
        "validFrom": "2026-11-01T00:00:00Z",
        "credentialSubject": {
            "type": ["ClrSubject", "SkillsStatement"],
            "logOrigin": "bank.example/log",
            "entryIndex": 1234,
            "verifiableCredential": [badge() for _ in range(parts)],
        },
    }
