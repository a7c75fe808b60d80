// <focal-point>: mark the main subject of an image by click, drag or arrow keys; previews of the crops follow.
import { clamp, coverPosition, formatPoint, parsePoint, toPercent } from "./focal-point-position.js"

const STEP = 0.02
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

class FocalPoint extends HTMLElement {
  connectedCallback() {
    this.stage = this.querySelector(".focal-point-stage")
    if (!this.stage) return
    this.marker = this.querySelector(".focal-point-marker")
    this.image = this.stage.querySelector("img")
    this.field = this.closest("form").elements.focal_point
    this.point = parsePoint(this.field.value)
    this.update()
    this.image.addEventListener("load", () => this.update())
    new ResizeObserver(() => this.update()).observe(this)
    this.stage.addEventListener("click", (event) => {
      // A click from the keyboard has a detail of 0 and no position.
      if (event.detail) this.moveToPointer(event)
      this.marker.focus({ preventScroll: true })
    })
    this.stage.addEventListener("pointermove", (event) => {
      if (event.buttons === 1 && event.pointerType === "mouse") this.moveToPointer(event)
    })
    this.marker.addEventListener("keydown", (event) => this.moveByKey(event))
    this.querySelector("input[type=file]").addEventListener("change", (event) => this.preview(event.target.files[0]))
  }

  moveToPointer({ clientX, clientY }) {
    const { left, top, width, height } = this.image.getBoundingClientRect()
    this.moveTo((clientX - left) / width, (clientY - top) / height)
  }

  moveByKey(event) {
    const direction = DIRECTIONS[event.key]
    if (!direction) return
    event.preventDefault()
    const step = event.shiftKey ? STEP * 5 : STEP
    this.moveTo(this.point.x + direction[0] * step, this.point.y + direction[1] * step)
  }

  moveTo(x, y) {
    this.point = { x: clamp(x, 0, 1), y: clamp(y, 0, 1) }
    this.update()
  }

  update() {
    const [left, top] = [toPercent(this.point.x), toPercent(this.point.y)]
    this.field.value = formatPoint(this.point)
    this.marker.style.left = left
    this.marker.style.top = top
    this.querySelector("output").textContent = `Now ${left} from the left, ${top} from the top.`
    const size = { width: this.image.naturalWidth, height: this.image.naturalHeight }
    if (!size.width) return
    for (const crop of this.querySelectorAll(".crop")) {
      const box = { width: crop.clientWidth, height: crop.clientHeight }
      crop.style.objectPosition = coverPosition(this.point, size, box)
    }
  }

  preview(file) {
    if (!file) return
    const url = URL.createObjectURL(file)
    const notice = this.querySelector("[data-no-preview]")
    notice.hidden = true
    this.image.addEventListener(
      "error",
      () => {
        notice.hidden = false
      },
      { once: true },
    )
    for (const img of this.querySelectorAll("img")) img.src = url
    this.moveTo(0.5, 0.5)
  }
}

customElements.define("focal-point", FocalPoint)
