import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../domain/failure.ts'
import { type InstanceView, restingStates } from '../domain/instance.ts'
import type { PairingView } from '../domain/pairing.ts'
import { showInstance } from '../services/show-instance.ts'
import { requestPairing } from '../services/whatsapp/request-pairing.ts'
import { showPairing } from '../services/whatsapp/show-pairing.ts'
import type { Cli } from './command.ts'
import type { PairOptions } from './commands/pair.ts'
import { type Context, withContext } from './context.ts'
import { hintWithoutServer } from './hint-without-server.ts'
import { stateWord } from './instance-words.ts'
import { renderCode, renderHelp, renderLinked, stepSentence } from './render-pairing.ts'
import { escapeControls } from './text-width.ts'

const lookEveryMs = 250

/** What is seen of a request at one look. */
interface Seen {
  readonly pairing: PairingView
  readonly instance: InstanceView
}

interface Following {
  readonly cli: Cli
  readonly options: PairOptions
  readonly before: InstanceView
  readonly look: () => Promise<Seen>
}

/**
 * Asks for a bot to be linked to its phone, shows the code as soon as WhatsApp has accepted it, and follows the request
 * until the device is linked. Throws `conflict` for a refusal and `wait_timeout` when nobody has linked it in time; the
 * request itself goes on to its own end.
 */
export async function pair(cli: Cli, id: string, options: PairOptions): Promise<void> {
  await withContext(cli, async (context) => {
    const keyring = await context.keyring()
    const look = async (): Promise<Seen> => ({
      pairing: await context.run(showPairing, { id, keyring }),
      instance: await context.run(showInstance, { id }),
    })
    const before = await context.run(showInstance, { id })
    await context.run(requestPairing, {
      id,
      method: options.qr === true ? 'qr' : 'code',
      keyring,
      again: options.again === true,
      newDevice: options.newDevice === true,
    })
    const asked = await look()
    await hintWithoutServer(cli, context, [{ ...asked.instance, desired: 'running' }])
    if (!options.wait) return cli.output.result(asked.pairing, () => stepSentence(asked.pairing, Date.now()))
    const last = await untilLinked({ cli, options, before, look }, asked)
    cli.output.result(last.pairing, () => (last.pairing.step === 'linked' ? renderLinked(last) : ''))
  })
}

async function untilLinked(following: Following, asked: Seen): Promise<Seen> {
  const { cli, options } = following
  const deadline = performance.now() + (options.timeout ?? Number.POSITIVE_INFINITY) * 1000
  const said = { state: '', code: '' }
  for (let seen = asked; ; seen = await lookAgain(following, seen)) {
    if (seen.pairing.step === 'linked') return seen
    refuseEnded(following, seen)
    if (hasCode(seen.pairing) && cli.output.json) return seen
    say(cli, seen, said)
    if (performance.now() >= deadline) throw timedOut(seen, options.timeout ?? 0)
    await delay(lookEveryMs, undefined, { signal: cli.signal }).catch(() => interrupted(cli, seen))
  }
}

/** A database that does not answer for a while is waited out. */
function lookAgain({ look }: Following, seen: Seen): Promise<Seen> {
  return look().catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'unavailable') return seen
    throw error
  })
}

function hasCode({ code, qr }: PairingView): boolean {
  return code !== null || qr !== null
}

function say(cli: Cli, { pairing, instance }: Seen, said: { state: string; code: string }): void {
  const { output } = cli
  const code = pairing.code ?? pairing.qr ?? ''
  if (code !== '' && code !== said.code) {
    output.data(renderCode(output, pairing))
    output.note(renderHelp(pairing, Date.now()))
    said.code = code
  }
  const why = instance.last_error === null ? '' : ` (${escapeControls(instance.last_error)})`
  const state = `${instance.id}: ${stateWord(instance)}${why}`
  if (code === '' && state !== said.state) output.note(state)
  said.state = state
}

function refuseEnded({ before }: Following, { pairing, instance }: Seen): void {
  const { id } = instance
  const details = { pairing }
  switch (pairing.step) {
    case 'refused':
      throw new Failure('conflict', stepSentence(pairing, Date.now()), { details })
    case 'expired':
      throw new Failure('wait_timeout', stepSentence(pairing, Date.now()), { details })
    case 'cancelled':
    case 'replaced':
    case 'none':
      throw new Failure('conflict', stepSentence(pairing, Date.now()), { details })
    default:
  }
  // A trouble that was there before is why somebody pairs, and the worker of before may say only now that it is unlinked.
  const isOld =
    instance.state === 'logged_out' || (instance.state === before.state && instance.state_at === before.state_at)
  if (restingStates.includes(instance.state) && !isOld) {
    const why = escapeControls(instance.last_error ?? instance.state)
    throw new Failure('conflict', `${id} is ${instance.state}: ${why}`, { details: { ...details, bot: instance } })
  }
}

function timedOut({ pairing }: Seen, seconds: number): Failure {
  const sentence = `${pairing.instance} was not linked within ${seconds} s; the request stands: ${stepSentence(pairing, Date.now())}`
  return new Failure('wait_timeout', sentence, { details: { pairing } })
}

function interrupted(cli: Cli, { pairing }: Seen): never {
  cli.output.note(`\nThe request goes on to its end. ${stepSentence(pairing, Date.now())}`)
  cli.output.note(`  ./botfleet pair ${pairing.instance}${pairing.method === 'qr' ? ' --qr' : ''} follows it again`)
  cli.signal.throwIfAborted()
  throw new Error('a wait ended without a reason')
}

/** The link of a WhatsApp bot in one line, for `show`; undefined for any other bot. */
export async function linkOf(context: Context, view: InstanceView): Promise<string | undefined> {
  if (view.platform !== 'whatsapp' || view.status === 'deleted') return undefined
  return stepSentence(await context.run(showPairing, { id: view.id }), Date.now())
}
