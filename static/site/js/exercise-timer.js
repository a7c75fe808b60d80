// The phases of an exercise, and a timer that goes through them. No DOM, so that it can be tested.
export const READY_SECONDS = 5
// Between two repetitions that are held.
export const RELAX_SECONDS = 2
export const SWITCH_SECONDS = 5

const createSet = ({ repetitions, hold }, set, side) => {
  if (!hold) return [{ kind: "repeat", seconds: 0, set, side }]
  const phases = []
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    if (repetition > 1) phases.push({ kind: "relax", seconds: RELAX_SECONDS, set, side, repetition })
    phases.push({ kind: "hold", seconds: hold, set, side, repetition })
  }
  return phases
}

// Return the phases of a dose. Those of "repeat" have no seconds: they end when the visitor says so.
export const createPhases = (dose) => {
  const phases = [{ kind: "ready", seconds: READY_SECONDS, set: 1, side: 1 }]
  for (let set = 1; set <= dose.sets; set += 1) {
    for (let side = 1; side <= dose.sides; side += 1) {
      if (side > 1) phases.push({ kind: "switch", seconds: SWITCH_SECONDS, set, side })
      phases.push(...createSet(dose, set, side))
    }
    // What is shown while resting is the set that comes next.
    if (set < dose.sets) phases.push({ kind: "rest", seconds: dose.rest || RELAX_SECONDS, set: set + 1, side: 1 })
  }
  return phases
}

export const secondsOf = (phases, kind) =>
  phases.reduce((sum, phase) => sum + (phase.kind === kind ? phase.seconds : 0), 0)

export class ExerciseTimer {
  // `now` returns milliseconds.
  constructor(phases, now = () => performance.now()) {
    this.phases = phases
    this.now = now
    this.startedAt = null
    this.enter(0)
  }

  get phase() {
    return this.phases[this.index]
  }

  get isDone() {
    return this.index >= this.phases.length
  }

  get isRunning() {
    return this.startedAt !== null
  }

  get elapsed() {
    return this.before + (this.isRunning ? this.now() - this.startedAt : 0)
  }

  get secondsLeft() {
    return this.isDone ? 0 : Math.max(0, Math.ceil(this.phase.seconds - this.elapsed / 1000))
  }

  start() {
    if (!this.isRunning && !this.isDone) this.startedAt = this.now()
  }

  pause() {
    this.before = this.elapsed
    this.startedAt = null
  }

  // Go on to the phase that is due, and return whether it is another one.
  advance() {
    const before = this.index
    while (this.isRunning && !this.isDone && this.phase.seconds && this.elapsed >= this.phase.seconds * 1000) {
      const rest = this.elapsed - this.phase.seconds * 1000
      this.enter(this.index + 1)
      this.before = rest
    }
    if (this.isDone) this.startedAt = null
    return this.index !== before
  }

  next() {
    if (!this.isDone) this.enter(this.index + 1)
    if (this.isDone) this.startedAt = null
  }

  // Start the phase again, or go to the one before if it has just begun. Return false at the first one.
  previous() {
    if (this.elapsed < 1500 && !this.index) return false
    this.enter(this.elapsed < 1500 || this.isDone ? this.index - 1 : this.index)
    return true
  }

  enter(index) {
    this.index = index
    this.before = 0
    if (this.isRunning) this.startedAt = this.now()
  }
}
