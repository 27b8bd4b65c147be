/** People who write numbered messages all the time, and what became of each. */
import type { Sandbox } from '../../../sandbox/start-sandbox.ts'
import busy from '../../../worker/shop/texts/common.en.json' with { type: 'json' }

/** In this order again and again, so that an answer's own text says whose turn it was. */
const questions = [
  { text: '/id', answer: 'Your id' },
  { text: '/help', answer: 'How it works' },
  { text: '/language', answer: 'Which language' },
] as const

interface Person {
  readonly personId: number
  readonly botId: number
  asked: number
}

/** What became of the messages of one chat. */
export interface ChatVerdict {
  readonly lost: number
  readonly doubled: number
  readonly detail: string
}

export class ChaosPeople {
  readonly #sandbox: Sandbox
  readonly #people: Person[] = []
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox
  }

  /** A person who writes to this bot until `stop`, after pauses that `pauseMs` gives. */
  add(botId: number, pauseMs: () => number): void {
    const { id: personId } = this.#sandbox.addPerson({ firstName: `Person ${this.#people.length}`, languageCode: 'en' })
    const person = { personId, botId, asked: 0 }
    this.#people.push(person)
    const ask = () => {
      const question = questions[person.asked % questions.length]
      person.asked += 1
      this.#sandbox.sendText({ personId, botId, text: `${question?.text ?? ''} ${person.asked}` })
      again()
    }
    const again = () => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        ask()
      }, pauseMs())
      this.#timers.add(timer)
    }
    again()
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  get asked(): number {
    return this.#people.reduce((sum, { asked }) => sum + asked, 0)
  }

  /** Messages that have fewer answers than there are questions so far, summed over the chats. */
  get unanswered(): number {
    return this.#people.reduce((sum, person) => sum + Math.max(0, person.asked - this.#answersTo(person).length), 0)
  }

  judge(): ChatVerdict[] {
    return this.#people.map((person) => {
      const { lost, doubled } = compare(this.#answersTo(person), person.asked)
      return { lost, doubled, detail: `bot ${person.botId}, person ${person.personId}: ${this.#transcript(person)}` }
    })
  }

  /** That a bot is busy answers nothing: the answer comes after it. */
  #answersTo({ botId, personId }: Person): string[] {
    return this.#messages({ botId, personId }).flatMap(({ from, text }) =>
      from === 'bot' && text !== busy.busy ? [text] : [],
    )
  }

  #messages({ botId, personId }: { botId: number; personId: number }) {
    return this.#sandbox.chat(botId, personId)
  }

  #transcript(person: Person): string {
    return this.#messages(person)
      .map(({ message_id: id, from, text }) => `${id}${from === 'bot' ? '<' : '>'}${text.slice(0, 10)}`)
      .join(' | ')
  }
}

/**
 * Walks through the answers of a chat beside its questions. An answer to the question before is a doubled one; an
 * answer to a later question means that those between were lost.
 */
function compare(answers: readonly string[], asked: number): { lost: number; doubled: number } {
  let next = 0
  let lost = 0
  let doubled = 0
  for (const answer of answers) {
    const kind = questions.findIndex((question) => answer.startsWith(question.answer))
    if (kind < 0) throw new Error(`an answer to nothing that was asked: ${answer}`)
    const ahead = (kind - (next % questions.length) + questions.length) % questions.length
    if (ahead === 0 && next < asked) next += 1
    else if (ahead === questions.length - 1 || next >= asked) doubled += 1
    else {
      lost += ahead
      next += ahead + 1
    }
  }
  return { lost: lost + asked - next, doubled }
}
