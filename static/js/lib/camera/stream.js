// One camera: opening it, its light, which one, and the screen that stays on meanwhile.

const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

const ask = (which) => navigator.mediaDevices.getUserMedia({ audio: false, video: { ...WANTED, ...which } });
const only = (device) => ask({ deviceId: { exact: device } });
const behind = () => ask({ facingMode: { ideal: "environment" } });
const cameras = async () => (await navigator.mediaDevices.enumerateDevices()).filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** A running camera in front of `video`, until `stop`. */
export class Camera {
  /**
   * Open the camera that was `chosen` before (`{ device, label }`), where it is there, else the one that looks away from the
   * person. Some browsers give a camera another id on every page: then its name tells. Throws what the browser says.
   */
  static async open(video, { device, label } = {}) {
    if (!navigator.mediaDevices?.getUserMedia) throw Object.assign(new Error("no camera here"), { name: "insecure" });
    let stream = await (device ? only(device).catch(() => behind()) : behind());
    if (label && stream.getVideoTracks()[0].label !== label) {
      const named = (await cameras()).find((one) => one.label === label);
      if (named) {
        stop(stream);
        stream = await only(named.deviceId).catch(() => behind());
      }
    }
    video.srcObject = stream;
    try {
      await video.play();
    } catch (problem) {
      stop(stream);
      throw problem;
    }
    return new Camera(video, stream);
  }

  constructor(video, stream) {
    Object.assign(this, { video, stream });
    [this.track] = stream.getVideoTracks();
    this.#stayAwake();
  }

  get hasTorch() {
    return Boolean(this.track.getCapabilities?.().torch);
  }

  /** Switch the light; answers whether it burns now. */
  async light(isOn) {
    try {
      await this.track.applyConstraints({ advanced: [{ torch: isOn }] });
      return isOn;
    } catch {
      return false;
    }
  }

  /** The camera after this one, `{ device, label }`; null where there is no other. */
  async other() {
    const all = await cameras();
    const here = all.findIndex(({ deviceId }) => deviceId === this.track.getSettings().deviceId);
    const { deviceId: device, label } = all[(here + 1) % all.length] ?? {};
    return all.length > 1 ? { device, label } : null;
  }

  stop() {
    stop(this.stream);
    if (this.video.srcObject === this.stream) this.video.srcObject = null;
    this.isStopped = true;
    this.lock?.release().catch(() => {});
  }

  async #stayAwake() {
    try {
      this.lock = await navigator.wakeLock?.request("screen");
      if (this.isStopped) this.lock?.release().catch(() => {});
    } catch {
      // low battery: the screen may go dark
    }
  }
}

/** The picture that `video` shows now, for the decoder. */
export function frameOf(video) {
  return window.VideoFrame ? new VideoFrame(video) : createImageBitmap(video);
}
