"""Words as sounds."""

import stat
import wave
from pathlib import Path

import pytest

from telephony.asterisk.speech import RATE, TONE, Speech, name_of

WORDS = "您好，这里是供电抢修热线。"


def seconds(sound: str) -> float:
    """How long the exchange plays it; it must be of the telephone's form."""
    with wave.open(f"{sound}.wav") as heard:
        assert (heard.getframerate(), heard.getnchannels(), heard.getsampwidth()) == (RATE, 1, 2)
        return heard.getnframes() / RATE


def voice(folder: Path, *, rate: int, samples: int) -> str:
    """A program that speaks as espeak-ng does, and counts how often."""
    program = folder / "voice"
    sound = folder / "spoken.wav"
    with wave.open(str(sound), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(rate)
        made.writeframes(b"\x01\x02" * samples)
    program.write_text(f'#!/bin/sh\ncat > /dev/null\necho "$2" >> {folder}/spoken\ncat {sound}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_words_are_spoken_once_at_the_telephones_rate(tmp_path: Path) -> None:
    program = voice(tmp_path, rate=22050, samples=22050)
    sounds = [Speech(tmp_path / "sounds", program).sound(WORDS, "cmn-CN") for _ in range(3)]
    assert len(set(sounds)) == 1
    assert seconds(sounds[0]) == pytest.approx(1.0, abs=0.01)
    assert (tmp_path / "spoken").read_text() == "cmn\n"


def test_what_people_recorded_is_played_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "sounds"
    own = folder / "cmn-CN" / f"{name_of(WORDS)}.wav"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"a person's voice")
    program = voice(tmp_path, rate=16000, samples=160)
    assert Speech(folder, program).sound(WORDS, "cmn-CN") == str(own.with_suffix(""))
    assert own.read_bytes() == b"a person's voice"
    assert not (tmp_path / "spoken").exists()


@pytest.mark.parametrize("program", [None, "", "/nonexistent/voice", "false", "true"])
def test_what_cannot_be_spoken_is_a_tone(tmp_path: Path, program: str | None) -> None:
    sound = Speech(tmp_path, program).sound(WORDS, "cmn-CN")
    assert Path(sound).name == TONE
    assert 0 < seconds(sound) < 1


def test_a_language_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    program = voice(tmp_path, rate=8000, samples=800)
    sound = Speech(tmp_path / "sounds", program).sound(WORDS, "../../etc")
    assert Path(sound).is_relative_to(tmp_path / "sounds")
