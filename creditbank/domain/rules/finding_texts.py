"""The words of what lint finds, by code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from creditbank.errors import N_


@dataclass(frozen=True, slots=True)
class FindingText:
    """To which group of problems a code belongs (`style`: a warning), and its words."""

    group: str
    message: str
    remedy: str


_PUBLISH = N_("Correct the code, or publish the register first.")
_LOWER = N_("Lower the cap, or leave it out.")
_NUMBERS = N_("Correct one of the two numbers.")
_STRICTER = N_("Keep within the frame; stricter is allowed.")

TEXTS: Final[dict[str, FindingText]] = {
    # --- codes
    "no_such_register": FindingText(
        "code", N_("There is no {kind} {id} in the registers in force."), _PUBLISH
    ),
    "rank_not_on_scale": FindingText(
        "code",
        N_("The scale {scale} has no rank {rank}."),
        N_("Use a rank of the scale; a higher rank is a higher level."),
    ),
    "mark_not_on_scale": FindingText(
        "code",
        N_("{mark} is not on the scale {scale}."),
        N_("Use a score within the scale, or the title of one of its ranks."),
    ),
    "not_a_score_scale": FindingText(
        "code",
        N_("The scale {scale} is for levels, not for scores."),
        N_("Name a scale of kind score."),
    ),
    "no_such_course": FindingText(
        "code",
        N_("The programme {programme} has no course {course}."),
        N_("Use a course code of the programme in force."),
    ),
    "no_such_evidence": FindingText(
        "code",
        N_("No evidence {evidence} is declared in the rule, in the bounds, or in a frame."),
        N_("Declare it under evidence, or correct its id."),
    ),
    "evidence_kind_missing": FindingText(
        "code",
        N_("The condition needs evidence of kind {kind}, and none is declared."),
        N_("Declare evidence of this kind in the rule."),
    ),
    "evidence_not_an_amount": FindingText(
        "code",
        N_("The evidence {evidence} is not of kind amount."),
        N_("Declare it with kind amount; a cap needs a number."),
    ),
    "no_such_rule": FindingText(
        "code", N_("The rulebook has no rule {rule}."), N_("Correct the id of the rule.")
    ),
    "no_such_group": FindingText(
        "code",
        N_("No module belongs to the equivalence group {group}."),
        N_("Correct the group, or publish a module of it first."),
    ),
    "issuer_malformed": FindingText(
        "code",
        N_("{issuer} is not a unified social credit code."),
        N_("Write the 18 characters of the code; the last one is a check character."),
    ),
    "other_scale": FindingText(
        "code",
        N_("The occupation {occupation} is graded on {expected}, not on {scale}."),
        N_("Use the scale of the occupation's register."),
    ),
    "no_total_credits": FindingText(
        "code",
        N_("The programme {programme} states no total credits, of which the cap takes a share."),
        N_("Add total_credits to the programme, or state the cap as a limit."),
    ),
    "share_of_no_programme": FindingText(
        "code",
        N_("The cap takes a share of a programme, and the target belongs to none."),
        N_("Make the target a course or a bucket of a programme, or state the cap as a limit."),
    ),
    "other_system": FindingText(
        "code",
        N_("{what} is counted in {expected}, and this rule counts in {system}."),
        N_("Use one credit system for both."),
    ),
    "not_a_college": FindingText(
        "code",
        N_("The owner {owner} is not registered as a college, an assessor or an authority."),
        N_("Register the institution in that role, or name the right owner."),
    ),
    # --- dates
    "version_begins_same_day": FindingText(
        "date",
        N_("Version {version} begins on the same day, {date}."),
        N_("Begin on another day: on each day one version holds."),
    ),
    "version_order": FindingText(
        "date",
        N_("Version {version} and this one begin in the reverse order of their numbers."),
        N_("Use a higher number for what begins later."),
    ),
    "version_overlaps": FindingText(
        "date",
        N_("Version {version} states that it holds until {date}."),
        N_("Begin after that day. A version without valid_to ends when the next begins."),
    ),
    "rule_outside": FindingText(
        "date",
        N_("The rule {rule} lies outside the dates of its rulebook, so it never holds."),
        N_("Bring the dates of the rule within those of the rulebook."),
    ),
    "frame_not_in_force": FindingText(
        "date",
        N_("The frame {frame} is not in force on {date}, when the rulebook begins."),
        N_("Begin when the frame is in force, or name another frame."),
    ),
    "frame_ends_before": FindingText(
        "style",
        N_("The frame {frame} ends on {date}, while the rulebook goes on."),
        N_("Set valid_to, or see that the frame is renewed in time."),
    ),
    # --- caps
    "cap_of_everything": FindingText(
        "cap", N_("A cap of {percent} percent never binds."), N_("Use a share below 100.00.")
    ),
    "cap_above_counted": FindingText(
        "cap",
        N_("The cap lets {limit} through, and no more than {most} can be counted here anyway."),
        _LOWER,
    ),
    "cap_above_programme": FindingText(
        "cap",
        N_("The cap lets {limit} through, and the programme {programme} has {most} in all."),
        _LOWER,
    ),
    "cap_over_nothing": FindingText(
        "cap",
        N_("The cap is on outcomes that no rule here counts."),
        N_("Correct what the cap is on (over), or leave it out."),
    ),
    "cap_over_no_course": FindingText(
        "cap",
        N_("The cap is on courses of categories that no rule here grants."),
        N_("Correct the categories, or leave the cap out."),
    ),
    "cap_above_needed": FindingText(
        "cap",
        N_("The cap lets {limit} through, and no more than {needed} is ever needed here."),
        _LOWER,
    ),
    "cap_behind_cap": FindingText(
        "cap",
        N_("The cap {other} is on all that this one is on, and allows less: this never binds."),
        N_("Lower it below the other, or leave it out."),
    ),
    "cap_implied": FindingText(
        "style",
        N_("The cap {other} already allows no more than this one."),
        N_("Leave it out, unless it is meant to be read."),
    ),
    # --- contradictions
    "needs_more_than_counts": FindingText(
        "rule",
        N_("{needed} are needed, and at most {most} can be counted."),
        _NUMBERS,
    ),
    "least_of_nothing": FindingText(
        "rule",
        N_("At least {needed} are asked of outcomes that the condition does not select."),
        N_("Widen select, or correct where."),
    ),
    "selects_nothing": FindingText(
        "rule",
        N_("No outcome can be selected: {why}."),
        N_("Take out one of the members that exclude each other."),
    ),
    "all_excluded": FindingText(
        "rule",
        N_("Everything that is selected here is excluded by {excluded}."),
        N_("Correct the selection, or what is excluded."),
    ),
    "no_course_left": FindingText(
        "rule",
        N_("The target matches no course of the programme that may be granted."),
        N_("Correct courses, nature, category or what is excluded."),
    ),
    "scope_of_other_targets": FindingText(
        "rule",
        N_("In this scope nothing is granted that the rule's target is."),
        N_("Set the scope to {scopes}: outcomes are exclusive within it, and frames bind by it."),
    ),
    "sharing_not_mutual": FindingText(
        "rule",
        N_("The rule {rule} does not name this one in turn as sharing with it."),
        N_("Name each other in with_rules, in the same scope."),
    ),
    "rules_disagree": FindingText(
        "rule",
        N_("The rule {rule} gives the same target for the same, and says otherwise in {member}."),
        N_("Keep one of the two, or let them hold at different times."),
    ),
    "id_repeated": FindingText(
        "rule",
        N_("The id {id} is used twice here, so that reasons could mean either."),
        N_("Give each its own id."),
    ),
    "of_target_without_course": FindingText(
        "rule",
        N_("of_target asks for a percentage of a course, and the target is none."),
        N_("Leave out of_target, or make a course the target."),
    ),
    "step_above_at_most": FindingText(
        "rule",
        N_("Steps of {step} never come to anything below {most}."),
        _NUMBERS,
    ),
    "nothing_counts": FindingText(
        "rule",
        N_("A cap of 0.00 lets nothing through."),
        N_("Use excluded instead, or a higher cap."),
    ),
    "worth_nothing": FindingText(
        "rule",
        N_("A worth of 0.00 never adds up to the {needed} that are needed."),
        N_("Give each outcome a worth."),
    ),
    "term_without_calendar": FindingText(
        "rule",
        N_("The cap is by term, and the rulebook has no calendar that says when terms begin."),
        N_("Add a calendar with the first day of each term."),
    ),
    "notice_outlasts_reservation": FindingText(
        "rule",
        N_("Public notice takes {days} days, and a reservation ends after {reserved}."),
        N_("Raise reserved_days, or shorten public_days."),
    ),
    # --- frame
    "not_a_frame": FindingText(
        "frame",
        N_("{frame} is not a frame but a rulebook of kind {kind}."),
        N_("Name a rulebook of kind frame in under."),
    ),
    "frame_passed_by": FindingText(
        "frame",
        N_("The frame {frame} binds every such rulebook of the region {region}."),
        N_("Name it in under, or a frame that is under it."),
    ),
    "region_outside": FindingText(
        "frame",
        N_("The region {region} lies outside {outer}, for which the frame {frame} is."),
        N_("Name a frame of the own region, or correct the region."),
    ),
    "cap_wider": FindingText(
        "frame",
        N_("The frame {frame} allows {most} here (cap {cap}), and this allows {limit}."),
        _STRICTER,
    ),
    "excluded_by_frame": FindingText(
        "frame",
        N_("The frame {frame} excludes what is selected here ({excluded})."),
        _STRICTER,
    ),
    "course_excluded_by_frame": FindingText(
        "frame",
        N_("The frame {frame} excludes the course {course} ({excluded})."),
        _STRICTER,
    ),
    "target_above_frame": FindingText(
        "frame",
        N_("The frame {frame} allows {most} (cap {cap}), and the target is {limit}."),
        _STRICTER,
    ),
    # --- cases
    "case_differs": FindingText(
        "case",
        N_("The test case “{case}” expects {member} of {target} to be {expected}, not {found}."),
        N_("Mend the rule or the case."),
    ),
    "case_not_in_force": FindingText(
        "case",
        N_("The test case “{case}” is of {on}, and a rule that it expects is not in force then."),
        N_("Date the case within the dates of the rulebook and of the rule."),
    ),
    "case_unreadable": FindingText(
        "case",
        N_("The test case “{case}” cannot be read: {why}."),
        N_("Write its facts as docs/rulebooks.md says."),
    ),
    "case_undecided": FindingText(
        "case",
        N_("The test case “{case}” is not decided within the step budget."),
        N_("Make the case or the rule smaller."),
    ),
    # --- warnings
    "no_tests": FindingText(
        "style",
        N_("The rule {rule} has no test case."),
        N_("Add one that is met and one that is not."),
    ),
    "no_english": FindingText(
        "style",
        N_("There is no English text."),
        N_("Add en, so that reasons can be read in both languages."),
    ),
    "no_sign_off": FindingText(
        "style",
        N_("Published rules name no resolution that puts them into force."),
        N_("Cite the owner's resolution in sign_off."),
    ),
    "no_condition_id": FindingText(
        "style",
        N_("The condition has no id of its own."),
        N_("Give it one, so that reasons stay the same from version to version."),
    ),
    "grade_needs_score": FindingText(
        "style",
        N_("The grade to record is taken from outcomes that need not have a score on {scale}."),
        N_("Ask for a score on that scale in select."),
    ),
    "no_such_scene": FindingText(
        "style",
        N_("No module in the registers is of the scene {scene}."),
        N_("Look at how the scene is written in the modules."),
    ),
    "asks_nothing": FindingText(
        "style",
        N_("The condition asks for 0.00 and always holds, without any outcome."),
        N_("Set at_least to what is needed, or take the condition out."),
    ),
    "partial_of_whole": FindingText(
        "style",
        N_("The target is granted as a whole, so that partial says nothing."),
        N_("Leave partial out, or make the target an elective bucket or a transfer."),
    ),
    "more_findings": FindingText(
        "style",
        N_("There is more to say: {more} further findings are not shown."),
        N_("Mend what is shown, and look again."),
    ),
    "module_ends": FindingText(
        "style",
        N_("The module {module} is in force until {date} only."),
        N_("See that its successor is selected as well."),
    ),
}

WHY: Final[dict[str, str]] = {
    "types": N_("its members belong to outcomes of different types"),
    "dates": N_("the first day lies after the last"),
    "any_of": N_("nothing under any_of goes with the rest"),
    "none_of": N_("none_of excludes all of it"),
}
"""What the field `why` of a finding means."""
