// The pictures that go with the next question: pasted or dropped, and shown as chips, which take them away again.
import type { PastedImage } from "../protocol";

const types: readonly PastedImage["mediaType"][] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** The most that the server takes. */
const most = { count: 8, bytes: 10_000_000 };

export class Images {
  private readonly held: PastedImage[] = [];

  constructor(private readonly chips: HTMLElement) {}

  /** Whether some of the files are pictures. They are read, and are there a little later. */
  take(files: FileList | undefined): boolean {
    const pictures = [...(files ?? [])].filter((each) => each.type.startsWith("image/"));
    for (const file of pictures) void this.add(file);
    return pictures.length > 0;
  }

  /** The pictures, which are held no longer. */
  spend(): PastedImage[] {
    const spent = this.held.splice(0);
    this.draw();
    return spent;
  }

  private async add(file: File): Promise<void> {
    const mediaType = types.find((each) => each === file.type);
    if (!mediaType) return this.draw(`Models take PNG, JPEG, GIF and WebP, not ${file.type}.`);
    if (file.size > most.bytes) return this.draw("The image is larger than 10 MB.");
    const data = await base64(file).catch(() => undefined);
    if (data === undefined) return this.draw("The image could not be read.");
    if (this.held.length >= most.count) return this.draw(`${most.count} images are the most for one question.`);
    this.held.push({ mediaType, data });
    this.draw();
  }

  private draw(problem = ""): void {
    const chips = this.held.map((image, at) => {
      const chip = Object.assign(document.createElement("div"), { className: "chip" });
      const remove = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: "×" });
      remove.ariaLabel = `Ask without image ${at + 1}`;
      remove.addEventListener("click", () => (this.held.splice(this.held.indexOf(image), 1), this.draw()));
      chip.append(`Image ${at + 1}, ${Math.ceil((image.data.length * 3) / 4 / 1000)} kB`, remove);
      return chip;
    });
    const told = problem ? [Object.assign(document.createElement("div"), { className: "note", role: "alert", textContent: problem })] : [];
    this.chips.replaceChildren(...chips, ...told);
  }
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).replace(/^[^,]*,/, "")));
    reader.addEventListener("error", () => reject(reader.error ?? new Error(file.name)));
    reader.readAsDataURL(file);
  });
}
