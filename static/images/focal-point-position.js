// The geometry of focal points. A point is a fraction of the image's width and height: {x: 0.5, y: 0.5} is its center.
export const clamp = (value, min, max) => Math.min(Math.max(value, min), max)

export const toPercent = (fraction) => `${Math.round(fraction * 100)}%`

// Points are stored as "0.250x0.500".
export const parsePoint = (value) => {
  const [x, y] = (value || "0.5x0.5").split("x").map(Number)
  return { x, y }
}

export const formatPoint = ({ x, y }) => `${x.toFixed(3)}x${y.toFixed(3)}`

// Return the CSS object-position along one axis that centers `fraction` of an image `imageSize` long in a box
// `boxSize` long, as far as the image's edges allow.
export const objectPosition = (fraction, imageSize, boxSize) => {
  const spare = imageSize - boxSize
  if (spare <= 0.5) return "50%"
  return toPercent(clamp(fraction * imageSize - boxSize / 2, 0, spare) / spare)
}

// Return the object-position of an image that covers a box, as CSS's object-fit: cover scales it.
export const coverPosition = ({ x, y }, image, box) => {
  const scale = Math.max(box.width / image.width, box.height / image.height)
  return `${objectPosition(x, image.width * scale, box.width)} ${objectPosition(y, image.height * scale, box.height)}`
}
