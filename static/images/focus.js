// <picture-focus>: the main subject is marked on the picture, by click, drag or arrow keys; crops follow at once.
const STEP = 0.02
const clamp = (value, low, high) => Math.min(Math.max(value, low), high)
const percent = (part) => `${Math.round(part * 100)}%`

// Where CSS must hold a picture of `whole` in a box of `box` so that `part` of it is in the middle, if it can be.
const hold = (part, whole, box) => {
  const spare = whole - box
  return spare > 0.5 ? percent(clamp(part * whole - box / 2, 0, spare) / spare) : "50%"
}

customElements.define(
  "picture-focus",
  class extends HTMLElement {
    connectedCallback() {
      this.stage = this.querySelector(".focus-stage")
      if (!this.stage) return
      this.mark = this.querySelector(".focus-mark")
      this.picture = this.stage.querySelector("img")
      this.field = this.closest("form").elements.focal_point
      const [x, y] = (this.field.value || "0.5x0.5").split("x").map(Number)
      this.moveTo(x, y)
      this.picture.addEventListener("load", () => this.moveTo(this.x, this.y))
      new ResizeObserver(() => this.moveTo(this.x, this.y)).observe(this)

      const point = ({ clientX, clientY }) => {
        const box = this.picture.getBoundingClientRect()
        this.moveTo((clientX - box.left) / box.width, (clientY - box.top) / box.height)
      }
      this.stage.addEventListener("click", (event) => {
        // A click of detail 0 comes from the keyboard and has no place.
        if (event.detail) point(event)
        this.mark.focus({ preventScroll: true })
      })
      this.stage.addEventListener("pointermove", (event) => {
        if (event.buttons === 1 && event.pointerType === "mouse") point(event)
      })
      this.mark.addEventListener("keydown", (event) => {
        const step = event.shiftKey ? STEP * 5 : STEP
        const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
          event.key
        ] ?? [0, 0]
        if (!right && !down) return
        event.preventDefault()
        this.moveTo(this.x + right * step, this.y + down * step)
      })
      this.querySelector("input[type=file]").addEventListener("change", (event) => this.preview(event.target.files[0]))
    }

    moveTo(x, y) {
      this.x = clamp(x, 0, 1)
      this.y = clamp(y, 0, 1)
      this.field.value = `${this.x.toFixed(3)}x${this.y.toFixed(3)}`
      this.mark.style.left = percent(this.x)
      this.mark.style.top = percent(this.y)
      this.querySelector("output").textContent =
        `Now ${percent(this.x)} from the left, ${percent(this.y)} from the top.`
      const { naturalWidth: width, naturalHeight: height } = this.picture
      if (!width) return
      for (const crop of this.querySelectorAll(".crop")) {
        const scale = Math.max(crop.clientWidth / width, crop.clientHeight / height)
        const across = hold(this.x, width * scale, crop.clientWidth)
        crop.style.objectPosition = `${across} ${hold(this.y, height * scale, crop.clientHeight)}`
      }
    }

    preview(file) {
      if (!file) return
      const address = URL.createObjectURL(file)
      const unseen = this.querySelector("[data-unseen]")
      unseen.hidden = true
      this.picture.addEventListener("error", () => (unseen.hidden = false), { once: true })
      for (const img of this.querySelectorAll("img")) img.src = address
      this.moveTo(0.5, 0.5)
    }
  },
)
