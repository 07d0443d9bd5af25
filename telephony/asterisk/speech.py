"""Words as sounds: a recording of them, else a synthetic voice, else one short tone.

Asterisk speaks no text. Each sentence has a file `<language>/<name>.wav` in the folder of sounds,
16-bit PCM at 8 kHz; what people have recorded under that name is never written over.
"""

import hashlib
import os
import re
import shutil
import subprocess
import wave
from io import BytesIO
from pathlib import Path

import numpy as np

from core.logging import logger
from core.trouble import Trouble

RATE = 8000
TONE = "tone"
TONE_HZ, TONE_S = 440.0, 0.25
LOUDNESS = 8000
VOICE_S = 20.0
"""Longest time that the synthetic voice may take for one sentence."""
VOICES = {"cmn": "cmn", "zh": "cmn", "yue": "yue"}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
log = logger(__name__)


def name_of(text: str) -> str:
    """The file's name for these words."""
    return hashlib.sha256(text.encode()).hexdigest()[:20]


class Speech:
    """Sounds in `folder`, which the exchange reads too. `voice`: a program like espeak-ng."""

    def __init__(self, folder: Path, voice: str | None) -> None:
        self._folder = folder.resolve()
        self._voice = shutil.which(voice) if voice else None
        self._trouble = Trouble(log, "words_not_spoken")

    def sound(self, text: str, language: str) -> str:
        """The file of these words, without its ending, as the exchange is told it."""
        code = language if _LANGUAGE.fullmatch(language) else "und"
        file = self._folder / code / f"{name_of(text)}.wav"
        if not file.exists() and not self._speak(file, text, code):
            file = self._folder / f"{TONE}.wav"
            if not file.exists():
                _write(file, _tone())
        return str(file.with_suffix(""))

    def _speak(self, file: Path, text: str, language: str) -> bool:
        if self._voice is None:
            log.info("words_without_recording", language=language, name=file.stem)
            return False
        spoken = VOICES.get(language.partition("-")[0], language.partition("-")[0])
        words = [self._voice, "-v", spoken, "-s", "150", "--stdin", "--stdout"]
        try:
            done = subprocess.run(  # noqa: S603 - a program of the settings, our own words
                words, input=text.encode(), capture_output=True, timeout=VOICE_S, check=True
            )
            _write(file, _at_rate(done.stdout))
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError, ValueError) as error:
            self._trouble.failed(error)
            return False
        return True


def _at_rate(sound: bytes) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    """A mono sound of 16 bits at the telephone's rate."""
    with wave.open(BytesIO(sound)) as heard:
        rate = heard.getframerate()
        samples = np.frombuffer(heard.readframes(heard.getnframes()), dtype="<i2")
    if not samples.size:
        raise ValueError("nothing was spoken")
    length = samples.size * RATE // rate
    # each sample of the result is the mean of those that it stands for
    edges = np.linspace(0, samples.size, length + 1).astype(int)[:-1]
    sums = np.add.reduceat(samples.astype(np.int64), edges)
    counts = np.diff(np.append(edges, samples.size))
    return (sums // np.maximum(counts, 1)).astype("<i2")


def _tone() -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    moments = np.arange(int(RATE * TONE_S)) / RATE
    return (LOUDNESS * np.sin(2 * np.pi * TONE_HZ * moments)).astype("<i2")


def _write(file: Path, samples: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> None:
    """Whole or not at all: the exchange may read it at any moment."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}.part")
    with wave.open(str(draft), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(samples.tobytes())
    draft.replace(file)
