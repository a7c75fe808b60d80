// Shrink a photo before it is sent. Other formats stay as they are: PNG may be transparent, GIF and WebP animated.
import { storedSize } from "./stored-size.js"

const QUALITY = 0.92

const scale = async (bitmap, width, height) => {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext("2d")
  context.imageSmoothingQuality = "high"
  context.drawImage(bitmap, 0, 0, width, height)
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY })
}

// Resolve to `file`, or if the server would store it smaller, to an upright copy of that size.
export const shrink = async (file) => {
  if (file.type !== "image/jpeg") return file
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" })
    const [width, height] = storedSize(bitmap.width, bitmap.height)
    const copy = width < bitmap.width ? await scale(bitmap, width, height) : file
    bitmap.close()
    return copy.size < file.size ? new File([copy], file.name, { type: copy.type }) : file
  } catch {
    // A damaged file, or one too large for this browser: the server says what is wrong with it.
    return file
  }
}
