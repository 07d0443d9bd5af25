import type { Sound } from './decide';

/** Notes as [Hz, start in s, length in s]; `loudness` 0..1. */
interface Tone {
  wave: OscillatorType;
  loudness: number;
  notes: readonly (readonly [number, number, number])[];
}

/** Help calls high and hard in threes, an alarm in pairs, an arrival is two soft rising notes, a call
   warbles, a vehicle that is not seen is one low note: told apart without looking. */
const TONES: Record<Sound, Tone> = {
  alarm: {
    wave: 'triangle',
    loudness: 0.35,
    notes: [0, 0.5, 1].flatMap((at) => [[880, at, 0.18] as const, [622, at + 0.2, 0.18] as const]),
  },
  help: {
    wave: 'square',
    loudness: 0.25,
    notes: [0, 0.62, 1.24].flatMap((at) => [
      [1175, at, 0.14] as const,
      [1175, at + 0.18, 0.14] as const,
      [784, at + 0.36, 0.2] as const,
    ]),
  },
  arrival: {
    wave: 'sine',
    loudness: 0.15,
    notes: [
      [523, 0, 0.16],
      [659, 0.17, 0.3],
    ],
  },
  unseen: {
    wave: 'sine',
    loudness: 0.12,
    notes: [[330, 0, 0.5]],
  },
  call: {
    wave: 'sine',
    loudness: 0.2,
    notes: [0, 0.1, 0.2, 0.3, 0.4, 0.5].flatMap((at) => [
      [740, at, 0.05] as const,
      [880, at + 0.05, 0.05] as const,
    ]),
  },
};

/** The edges of a note, in seconds: without them it clicks. */
const EDGE_S = 0.015;

/** Play a sound; `ended` when its last note is over. The result stops it early, without `ended`. */
export function play(context: AudioContext, sound: Sound, ended: () => void): () => void {
  const { wave, loudness, notes } = TONES[sound];
  const begin = context.currentTime + EDGE_S;
  const oscillators = notes.map(([hz, at, length]) => {
    const oscillator = new OscillatorNode(context, { type: wave, frequency: hz });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setTargetAtTime(loudness, begin + at, EDGE_S);
    gain.gain.setTargetAtTime(0, begin + at + length - 2 * EDGE_S, EDGE_S);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(begin + at);
    oscillator.stop(begin + at + length + 4 * EDGE_S);
    return oscillator;
  });
  const last = oscillators.at(-1);
  if (last) last.onended = ended;
  return () => {
    if (last) last.onended = null;
    for (const oscillator of oscillators) oscillator.disconnect();
  };
}
