/** Random numbers that a seed repeats: mulberry32. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** At least `least`, less than `most`. */
  between(least: number, most: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return least + (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (most - least)
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.between(0, choices.length))]
    if (choice === undefined) throw new Error('nothing to choose from')
    return choice
  }
}
