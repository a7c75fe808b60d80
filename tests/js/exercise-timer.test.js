import assert from "node:assert/strict"
import { test } from "node:test"
import {
  createPhases,
  ExerciseTimer,
  READY_SECONDS,
  RELAX_SECONDS,
  SWITCH_SECONDS,
  secondsOf,
} from "../../static/site/js/exercise-timer.js"

const DOSE = { sets: 3, repetitions: 10, hold: 5, rest: 30, sides: 1 }

const createTimer = (dose) => {
  const clock = { time: 1000 }
  const timer = new ExerciseTimer(createPhases(dose), () => clock.time)
  const wait = (seconds) => {
    clock.time += seconds * 1000
    return timer.advance()
  }
  return { timer, wait }
}

test("holding takes hold times repetitions times sets times sides", () => {
  for (const [sets, repetitions, hold, sides] of [
    [3, 10, 5, 1],
    [2, 4, 30, 2],
    [1, 1, 60, 1],
    [20, 100, 600, 2],
  ]) {
    const phases = createPhases({ sets, repetitions, hold, rest: 30, sides })
    assert.equal(secondsOf(phases, "hold"), sets * repetitions * hold * sides)
    assert.equal(phases.filter(({ kind }) => kind === "hold").length, sets * repetitions * sides)
  }
})

test("the rest comes between sets, and never after the last one", () => {
  const phases = createPhases(DOSE)
  assert.equal(secondsOf(phases, "rest"), 60)
  assert.equal(phases.at(-1).kind, "hold")
  assert.deepEqual(
    phases.filter(({ kind }) => kind === "rest").map(({ set }) => set),
    [2, 3],
  )
})

test("each set is done on one side and then on the other", () => {
  const phases = createPhases({ ...DOSE, repetitions: 1, sets: 2, sides: 2 })
  assert.deepEqual(
    phases.map(({ kind, set, side }) => `${kind} ${set} ${side}`),
    ["ready 1 1", "hold 1 1", "switch 1 2", "hold 1 2", "rest 2 1", "hold 2 1", "switch 2 2", "hold 2 2"],
  )
})

test("without a hold, the visitor says when a set is done", () => {
  const { timer, wait } = createTimer({ ...DOSE, hold: 0 })
  timer.start()
  wait(READY_SECONDS)
  assert.equal(timer.phase.kind, "repeat")
  wait(3600)
  assert.equal(timer.phase.kind, "repeat")
  timer.next()
  assert.equal(timer.phase.kind, "rest")
})

test("the timer counts down, and goes through all phases in the time they take", () => {
  const { timer, wait } = createTimer({ ...DOSE, sides: 2 })
  timer.start()
  assert.equal(timer.secondsLeft, READY_SECONDS)
  wait(1.2)
  assert.equal(timer.secondsLeft, READY_SECONDS - 1)
  const seen = { hold: 0 }
  let waited = 1.2
  while (!timer.isDone) {
    const { kind } = timer.phase
    if (wait(0.2) && kind === "hold") seen.hold += 1
    waited += 0.2
  }
  const total = READY_SECONDS + 60 * 5 + 54 * RELAX_SECONDS + 3 * SWITCH_SECONDS + 2 * 30
  assert.equal(seen.hold, 60)
  assert.ok(Math.abs(waited - total) < 0.5)
  assert.equal(timer.isRunning, false)
})

test("a slow browser loses no time", () => {
  const { timer, wait } = createTimer(DOSE)
  timer.start()
  wait(READY_SECONDS + 5 + RELAX_SECONDS + 1)
  assert.deepEqual(timer.phase, { kind: "hold", seconds: 5, set: 1, side: 1, repetition: 2 })
  assert.equal(timer.secondsLeft, 4)
})

test("time stands still while the timer is paused", () => {
  const { timer, wait } = createTimer(DOSE)
  timer.start()
  wait(2)
  timer.pause()
  wait(600)
  assert.equal(timer.secondsLeft, READY_SECONDS - 2)
  timer.start()
  wait(1)
  assert.equal(timer.secondsLeft, READY_SECONDS - 3)
})

test("going back starts the phase again, and then the one before", () => {
  const { timer, wait } = createTimer(DOSE)
  timer.start()
  wait(READY_SECONDS + 3)
  assert.equal(timer.previous(), true)
  assert.deepEqual([timer.phase.kind, timer.secondsLeft], ["hold", 5])
  assert.equal(timer.previous(), true)
  assert.equal(timer.phase.kind, "ready")
  assert.equal(timer.previous(), false)
})

test("skipping ends after the last phase", () => {
  const { timer } = createTimer({ ...DOSE, sets: 1, repetitions: 1 })
  timer.start()
  timer.next()
  timer.next()
  assert.deepEqual([timer.isDone, timer.isRunning, timer.secondsLeft], [true, false, 0])
  timer.next()
  assert.equal(timer.isDone, true)
})
