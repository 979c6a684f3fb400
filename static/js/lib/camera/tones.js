// What a scan sounds and feels like.

const TONES = { read: [1760, 0.07], error: [220, 0.25] };
const PULSES = { read: 40, error: [60, 60, 60] };

let context;

/** Browsers give sound only to who was touched: called when the scanner is opened. */
export function wakeTones() {
  context ??= window.AudioContext ? new AudioContext() : null;
  context?.resume().catch(() => {});
}

/** A short tone, `read` or `error`. */
export function sound(name) {
  if (context?.state !== "running") return;
  const [pitch, seconds] = TONES[name];
  const [tone, volume, now] = [context.createOscillator(), context.createGain(), context.currentTime];
  tone.type = name === "read" ? "sine" : "square";
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0.12, now);
  volume.gain.exponentialRampToValueAtTime(0.001, now + seconds);
  tone.connect(volume).connect(context.destination);
  tone.start(now);
  tone.stop(now + seconds);
}

export function shake(name) {
  navigator.vibrate?.(PULSES[name]);
}
