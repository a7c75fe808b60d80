// Which dropped and pasted files are images, and images that HTML contains as data.
const EXTENSION = /\.(heic|heif|avif)$/i
const DATA_URL = /^data:(image\/([\w.-]+))[^,]*;base64,(.*)$/is

// Some systems do not know the type of newer formats.
export const isImage = ({ type, name }) => type.startsWith("image/") || (!type && EXTENSION.test(name))

export const isHandout = ({ type }) => type === "application/pdf"

// Return the file in a data: URL, or null if there is none.
export const fileFromDataUrl = (url) => {
  const [, type, format, data] = DATA_URL.exec(url) ?? []
  if (!data) return null
  try {
    const bytes = Uint8Array.from(atob(decodeURIComponent(data).replace(/\s/g, "")), (character) =>
      character.charCodeAt(0),
    )
    return new File([bytes], `pasted-image.${format.toLowerCase()}`, { type: type.toLowerCase() })
  } catch {
    return null
  }
}

export const elsewhere = (count) =>
  count === 1
    ? "An image of the pasted text was not added, because only its address was copied. Save it to your computer, then drop it here."
    : `${count} images of the pasted text were not added, because only their addresses were copied. Save them to your computer, then drop them here.`
