"""Guides and their outcomes as the screens read them."""

from collections.abc import Iterable, Sequence
from typing import Any

from dispatch.tickets.guides.loading import guides, words
from dispatch.tickets.guides.model import Choice, Guide, Outcome, Question


def guide_row(guide: Guide) -> dict[str, Any]:
    """The guide of one fault type with the words of every code it names."""
    choices = [choice for question in guide.questions.values() for choice in question.choices]
    return {
        "code": guide.code,
        "version": guide.version,
        "urgency": guide.urgency,
        "trade": guide.trade,
        "first": guide.first,
        "questions": [_question(question) for question in guide.questions.values()],
        "hazards": _coded("hazard", (one.hazard for one in choices)),
        # The state of an account names causes too, whatever the questions are.
        "customer_sides": _coded("customer_side", words()["customer_side"]),
        "skills": _coded("skill", (one.skill for one in choices)),
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "kind": question.kind,
        "zh": question.words.zh,
        "en": question.words.en,
        "minimum": question.minimum,
        "maximum": question.maximum,
        "choices": [_choice(choice) for choice in question.choices],
    }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "code": choice.code,
        "zh": choice.words.zh,
        "en": choice.words.en,
        "next": choice.next,
        "at_least": choice.at_least,
        "below": choice.below,
        "urgency": choice.urgency,
        "trade": choice.trade,
        "skill": choice.skill,
        "customer_side": choice.customer_side,
        "hazard": choice.hazard,
    }


def _coded(effect: str, codes: Iterable[str | None]) -> list[dict[str, str]]:
    wanted = dict.fromkeys(code for code in codes if code is not None)
    known = words()[effect]
    return [{"code": code, "zh": known[code].zh, "en": known[code].en} for code in wanted]


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    return {
        "urgency": outcome.urgency,
        "trade": outcome.trade,
        "skills": list(outcome.skills),
        "customer_side": list(outcome.customer_side),
        "advice": list(outcome.advice),
        "missing": outcome.missing,
        "asked": list(outcome.asked),
        "because": [
            {
                "question": one.question,
                "answer": one.answer,
                "effect": one.effect,
                "value": one.value,
            }
            for one in outcome.because
        ],
    }


def answer_rows(fault_code: str, answers: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Answers that were kept, in words where the guide still has the question."""
    guide = guides().get(fault_code)
    rows = []
    for name, answer in answers:
        question = guide.questions.get(name) if guide else None
        choice = question.choice_for(answer) if question else None
        numeric = question is not None and question.kind == "number" and choice is not None
        plain = answer if numeric and choice and choice.code != answer else None
        rows.append(
            {
                "question": name,
                "answer": answer,
                "question_zh": question.words.zh if question else None,
                "question_en": question.words.en if question else None,
                "answer_zh": plain or (choice.words.zh if choice else None),
                "answer_en": plain or (choice.words.en if choice else None),
            }
        )
    return rows
