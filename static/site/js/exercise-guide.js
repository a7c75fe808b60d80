// Do it with me: one step at a time, then a timer for holding and resting, in a dialog over the whole page.
// It needs nothing from the network once the page is open.
import { createPhases, ExerciseTimer } from "./exercise-timer.js"

const INTERVAL = 200
const TONES = { hold: 660, repeat: 660, rest: 440, relax: 440, switch: 520, ready: 440, done: 880 }
const NAMES = { ready: "Get ready", hold: "Hold", relax: "Relax", repeat: "Repeat", rest: "Rest", switch: "Other side" }

const create = (tag, properties = {}, children = []) => {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`

// What a card says, as plain values and copies of its images.
export const readCard = (card) => {
  const { name, sets, repetitions, hold, rest, sides } = card.dataset
  const dose = Object.fromEntries(
    Object.entries({ sets, repetitions, hold, rest, sides }).map(([key, value]) => [key, Number(value)]),
  )
  return {
    name,
    dose,
    steps: [...card.querySelectorAll(".steps li")].map((item) => item.textContent.trim()),
    stopIf: card.querySelector(".stop dd").textContent.trim(),
    images: [...card.querySelectorAll(".exercise-pics figure")],
  }
}

// Keeps the screen on while the dialog is open, if the browser can.
class ScreenLock {
  async request() {
    this.isWanted = true
    try {
      this.lock = await navigator.wakeLock?.request("screen")
      if (!this.isWanted) await this.lock?.release()
    } catch {
      // Refused, for example because the battery is low. The exercise works without it.
    }
  }

  async release() {
    this.isWanted = false
    try {
      await this.lock?.release()
    } catch {
      // It is gone already.
    }
  }
}

class Sound {
  isOn = false

  toggle() {
    this.isOn = !this.isOn
    // Browsers allow sound only after a click, which this is.
    if (this.isOn) this.context ??= new AudioContext()
    return this.isOn
  }

  play(kind) {
    if (!this.isOn) return
    const oscillator = this.context.createOscillator()
    const volume = this.context.createGain()
    const { currentTime } = this.context
    oscillator.frequency.value = TONES[kind]
    volume.gain.setValueAtTime(0.2, currentTime)
    volume.gain.exponentialRampToValueAtTime(0.001, currentTime + 0.35)
    oscillator.connect(volume).connect(this.context.destination)
    oscillator.start()
    oscillator.stop(currentTime + 0.35)
  }
}

class ExerciseGuide {
  constructor(card) {
    this.exercise = readCard(card)
    this.sound = new Sound()
    this.screenLock = new ScreenLock()
    this.step = 0
    this.timer = null
    this.build()
    this.listen()
  }

  build() {
    const { name, stopIf } = this.exercise
    this.title = create("h2", { id: "guide-title", className: "guide-title", textContent: name })
    this.soundButton = create("button", { type: "button", className: "guide-tool", textContent: "Sound" })
    this.soundButton.setAttribute("aria-pressed", "false")
    this.closeButton = create("button", { type: "button", className: "guide-tool", textContent: "Close" })
    this.images = create("div", { className: "guide-images" })
    this.phase = create("p", { className: "guide-phase" })
    this.seconds = create("p", { className: "guide-seconds" })
    this.seconds.setAttribute("role", "timer")
    this.text = create("p", { className: "guide-text", dir: "auto" })
    this.place = create("p", { className: "guide-place" })
    this.progress = create("progress", { className: "guide-progress" })
    this.progress.setAttribute("aria-label", "Progress")
    this.back = create("button", { type: "button", className: "button button--quiet", textContent: "Back" })
    this.main = create("button", { type: "button", className: "button" })
    this.skip = create("button", { type: "button", className: "button button--quiet", textContent: "Skip" })
    this.status = create("p", { className: "visually-hidden" })
    this.status.setAttribute("aria-live", "polite")
    const stop = create("p", { className: "guide-stop", dir: "auto" }, [
      create("b", { textContent: "Stop if" }),
      ` ${stopIf}`,
    ])
    this.dialog = create("dialog", { className: "guide" }, [
      create("header", { className: "guide-head" }, [this.title, this.soundButton, this.closeButton]),
      create("div", { className: "guide-main" }, [
        this.images,
        create("div", { className: "guide-words" }, [this.phase, this.seconds, this.text, this.place]),
      ]),
      this.progress,
      stop,
      create("footer", { className: "guide-foot" }, [this.back, this.main, this.skip]),
      this.status,
    ])
    this.dialog.setAttribute("aria-labelledby", this.title.id)
  }

  listen() {
    this.closeButton.addEventListener("click", () => this.dialog.close())
    this.soundButton.addEventListener("click", () => {
      this.soundButton.setAttribute("aria-pressed", String(this.sound.toggle()))
    })
    this.back.addEventListener("click", () => this.goBack())
    this.skip.addEventListener("click", () => this.goOn())
    this.main.addEventListener("click", () => this.act())
    this.dialog.addEventListener("keydown", (event) => this.handleKey(event))
    this.dialog.addEventListener("close", () => this.finish())
    this.onVisibility = () => {
      if (document.hidden) this.pause()
      // Browsers take the lock back when the page is hidden.
      else this.screenLock.request()
    }
    document.addEventListener("visibilitychange", this.onVisibility)
  }

  open() {
    document.body.append(this.dialog)
    this.dialog.showModal()
    this.main.focus()
    this.screenLock.request()
    this.interval = setInterval(() => this.advance(), INTERVAL)
    this.show()
  }

  finish() {
    clearInterval(this.interval)
    document.removeEventListener("visibilitychange", this.onVisibility)
    this.screenLock.release()
    this.sound.context?.close()
    this.dialog.remove()
  }

  // Buttons handle the space bar themselves. Anywhere else it does what the main button does.
  handleKey(event) {
    const isRightToLeft = getComputedStyle(this.dialog).direction === "rtl"
    const [forward, backward] = isRightToLeft ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"]
    if (event.key === forward) this.goOn()
    else if (event.key === backward) this.goBack()
    else if (event.key === " " && event.target.localName !== "button") this.act()
    else return
    event.preventDefault()
  }

  get isInSteps() {
    return this.timer === null
  }

  act() {
    if (this.isInSteps) this.goOn()
    else if (this.timer.isDone) this.dialog.close()
    else if (this.timer.isRunning && !this.timer.phase.seconds) this.goOn()
    else if (this.timer.isRunning) this.pause()
    else {
      this.timer.start()
      this.showTimer()
      this.say(this.describe())
    }
  }

  goOn() {
    if (this.isInSteps && this.step < this.exercise.steps.length - 1) this.step += 1
    else if (this.isInSteps) this.startTimer()
    else this.timer.next()
    this.enter()
  }

  goBack() {
    if (this.isInSteps) this.step = Math.max(0, this.step - 1)
    else if (this.timer.isDone) this.startTimer()
    else if (!this.timer.previous()) this.timer = null
    this.enter()
  }

  startTimer() {
    this.timer = new ExerciseTimer(createPhases(this.exercise.dose))
    this.timer.start()
  }

  pause() {
    if (!this.timer?.isRunning) return
    this.timer.pause()
    this.showTimer()
    this.say("Paused")
  }

  advance() {
    if (!this.timer?.isRunning) return
    if (this.timer.advance()) this.enter()
    else this.showSeconds()
  }

  // Show and announce a step or phase that has just begun.
  enter() {
    this.show()
    this.say(this.describe())
    if (!this.isInSteps) this.sound.play(this.timer.isDone ? "done" : this.timer.phase.kind)
  }

  say(text) {
    this.status.textContent = text
  }

  describe() {
    if (this.isInSteps) return `${this.place.textContent}. ${this.text.textContent}`
    if (this.timer.isDone) return this.text.textContent
    const time = this.timer.phase.seconds ? `, ${count(this.timer.secondsLeft, "second")}` : ""
    return `${this.phase.textContent}${time}. ${this.place.textContent}`
  }

  show() {
    this.dialog.dataset.stage = this.isInSteps ? "steps" : "timer"
    if (this.isInSteps) this.showStep()
    else this.showTimer()
  }

  showStep() {
    const { steps } = this.exercise
    const isLast = this.step === steps.length - 1
    this.phase.textContent = this.seconds.textContent = ""
    this.text.textContent = steps[this.step]
    this.place.textContent = `Step ${this.step + 1} of ${steps.length}`
    this.main.textContent = isLast ? "Start" : "Next step"
    this.back.hidden = this.step === 0
    this.back.textContent = "Back"
    this.skip.hidden = true
    this.setProgress(this.step + 1, steps.length)
    this.showImages()
  }

  // With an image for each step, only that of the step.
  showImages() {
    const { images, steps } = this.exercise
    const shown = images.length === steps.length && this.isInSteps ? [images[this.step]] : images
    if (shown.length === this.shown?.length && shown.every((figure, index) => figure === this.shown[index])) return
    this.shown = shown
    const copies = shown.map((figure) => figure.cloneNode(true))
    for (const copy of copies) copy.querySelector("img")?.setAttribute("loading", "eager")
    this.images.replaceChildren(...copies)
    this.images.hidden = !copies.length
  }

  showTimer() {
    const { timer } = this
    this.back.hidden = false
    this.skip.hidden = timer.isDone
    this.setProgress(timer.index, timer.phases.length)
    if (timer.isDone) this.showEnd()
    else this.showPhase(timer.phase)
    this.showSeconds()
    this.showImages()
  }

  showEnd() {
    const { sets, sides } = this.exercise.dose
    this.phase.textContent = "Done"
    this.text.textContent = `You did ${count(sets, "set")}${sides > 1 ? " on each side" : ""}.`
    this.place.textContent = ""
    this.main.textContent = "Close"
    this.back.textContent = "Again"
  }

  showPhase({ kind, set, side, repetition }) {
    const { dose } = this.exercise
    this.phase.textContent = this.timer.isRunning ? NAMES[kind] : `${NAMES[kind]}, paused`
    this.text.textContent = kind === "repeat" ? count(dose.repetitions, "repetition") : ""
    this.place.textContent = [
      repetition && `Repetition ${repetition} of ${dose.repetitions}`,
      `Set ${set} of ${dose.sets}`,
      dose.sides > 1 && (side === 1 ? "First side" : "Other side"),
    ]
      .filter(Boolean)
      .join(", ")
    this.back.textContent = "Back"
    const running = kind === "repeat" ? "Set done" : "Pause"
    this.main.textContent = this.timer.isRunning ? running : "Continue"
  }

  showSeconds() {
    const { timer } = this
    const text = timer.isDone || !timer.phase.seconds ? "" : String(timer.secondsLeft)
    if (this.seconds.textContent !== text) this.seconds.textContent = text
  }

  setProgress(value, max) {
    this.progress.max = max
    this.progress.value = value
  }
}

export const openGuide = (card) => new ExerciseGuide(card).open()
