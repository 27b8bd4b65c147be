/** Stands in for p-queue behind Baileys, which only wants one thing done after the other. */
export default class OneAfterTheOther {
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: { readonly concurrency: number }) {
    if (options.concurrency !== 1) throw new Error('this queue does one thing at a time')
  }

  add<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work)
    this.#last = done.catch(() => {})
    return done
  }
}
