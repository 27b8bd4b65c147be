/**
 * What every business call goes through: its body is decoded, the fence says which instance and tenant is speaking, and
 * what a turn of a conversation changes is applied once. A room's handlers are given the outcome of all that and nothing
 * of the caller's words but the request itself.
 */
import type { Tx } from '../db/transaction.ts'
import { Failure } from '../domain/failure.ts'
import type { Keyring } from '../domain/keyring.ts'
import type { Settings } from '../domain/settings.ts'
import type { Buyer } from '../domain/shop.ts'
import {
  type GatewayAnswer,
  type GatewayCallName,
  type GatewayRequest,
  gatewayCalls,
  type Language,
  languageOfHint,
  type Person,
  type TurnCallName,
} from '../domain/worker-contract.ts'
import { type Fence, Fenced, type FencedInstance, fence } from '../services/fence.ts'
import { keepOutcome } from '../services/keep-outcome.ts'
import { type ArrivedCustomer, openTurn, type TurnWords } from '../services/open-turn.ts'

/** What handlers need besides the database. */
export interface GatewayContext {
  readonly settings: Settings
  readonly keyring: () => Keyring
}

/** A business call as the gateway runs it, inside one transaction. */
export type BusinessCall = (tx: Tx, claim: Fence, body: unknown, context: GatewayContext) => Promise<unknown>

/** The calls of rooms: those whose outcome has a `result`. */
type RoomCallName = {
  [N in TurnCallName]: GatewayAnswer<N>['outcome'] extends { result: unknown } ? N : never
}[TurnCallName]

/** What a room's handler is given: who speaks is proven, by the fence and by the channel's own update. */
export interface RoomCall<N extends RoomCallName> {
  readonly tx: Tx
  readonly instance: FencedInstance
  readonly customer: ArrivedCustomer
  readonly buyer: Buyer
  /** The customer's choice, else what the channel hints at. */
  readonly language: Language
  readonly person: Person
  readonly request: GatewayRequest<N>
  readonly settings: Settings
  readonly keyring: () => Keyring
}
type Result<N extends RoomCallName> = GatewayAnswer<N>['outcome']['result']
type Handler<N extends RoomCallName> = (call: RoomCall<N>) => Promise<Result<N>>

/** A handler and whether it changes something. */
export interface RoomHandler<N extends RoomCallName> {
  readonly changes: boolean
  readonly run: Handler<N>
  /** What of the result may be kept with the update; all of it, where this is left out. */
  readonly keeps?: (result: Result<N>) => Result<N>
}

/** A room's handlers, one for each of its calls. */
export type RoomHandlers<N extends RoomCallName> = { readonly [Name in N]: RoomHandler<Name> }

/** A call that changes something: applied once, and its outcome is kept with the update. It must hold no secret. */
export function change<N extends RoomCallName>(run: Handler<N>): RoomHandler<N> {
  return { changes: true, run }
}

/** A change whose result holds a secret: it is said once, and what is kept with the update is without it. */
export function changeSaidOnce<N extends RoomCallName>(
  run: Handler<N>,
  keeps: (result: Result<N>) => Result<N>,
): RoomHandler<N> {
  return { changes: true, run, keeps }
}

/** A call that only looks: it looks again when its update comes again, and nothing of what it saw is kept. */
export function look<N extends RoomCallName>(run: Handler<N>): RoomHandler<N> {
  return { changes: false, run }
}

/** Makes business calls of a room's handlers. */
export function roomCalls<N extends RoomCallName>(handlers: RoomHandlers<N>): { readonly [Name in N]: BusinessCall } {
  const calls = Object.entries<RoomHandler<N>>(handlers).map(([name, handler]) => [name, roomCall(name as N, handler)])
  return Object.fromEntries(calls) as { readonly [Name in N]: BusinessCall }
}

function roomCall<N extends RoomCallName>(name: N, handler: RoomHandler<N>): BusinessCall {
  return async (tx, claim, body, context) => {
    const request = decodeCall(name, body)
    const run = ({ instance, person }: Opened, customer: ArrivedCustomer) =>
      handler.run({
        tx,
        instance,
        customer,
        buyer: { tenant: instance.tenant, customerId: customer.customerId, instanceId: instance.instanceId },
        language: customer.language ?? languageOfHint(person.languageHint),
        person,
        request,
        ...context,
      })
    if (handler.changes) {
      let said: Result<N> | undefined
      const done = await once(tx, claim, request, async (customer, opened) => {
        said = await run(opened, customer)
        return { ...customer, result: handler.keeps?.(said) ?? said }
      })
      return said === undefined ? done : { ...done, outcome: { ...done.outcome, result: said } }
    }
    const { opened, ...arrived } = await arrive(tx, claim, request)
    return { ...arrived, outcome: { ...arrived.outcome, result: await run(opened, arrived.outcome) } }
  }
}

export async function passFence(tx: Tx, claim: Fence): Promise<FencedInstance> {
  const instance = await fence(tx, claim)
  if (instance === undefined) throw new Fenced()
  // By the clock alone, which may have jumped: the worker waits and asks again, until its own deadline.
  if (instance === 'time_up') throw new Failure('unavailable', 'the subscription has ended by the clock')
  return instance
}

/** What the gateway says of an update besides its outcome. */
interface Once<Outcome> {
  readonly outcome: Outcome
  readonly repeated: boolean
  readonly answered: boolean
  readonly earlierMarks: readonly string[]
}
/** Who speaks, and in which bot. */
type Opened = Pick<Awaited<ReturnType<typeof openTurn>>, 'instance' | 'person'>

/** Applies an effect once for an update; the customer that it is given has arrived. */
export async function once<Outcome>(
  tx: Tx,
  claim: Fence,
  request: TurnWords,
  effect: (customer: ArrivedCustomer, opened: Opened) => Promise<Outcome>,
): Promise<Once<Outcome>> {
  const turn = await openTurn(tx, claim, request, { onlyArrives: false })
  if (turn.repeated) {
    const { outcome, answered, earlierMarks } = turn
    return { outcome: outcome as Outcome, repeated: true, answered, earlierMarks }
  }
  const outcome = await effect(turn.customer, turn)
  await keepOutcome(tx, claim.instanceId, request, outcome)
  return { outcome, repeated: false, answered: false, earlierMarks: [] }
}

/** The same where the effect is that the person came. */
export async function arrive(
  tx: Tx,
  claim: Fence,
  request: TurnWords,
): Promise<Once<ArrivedCustomer> & { readonly opened: Opened }> {
  const opened = await openTurn(tx, claim, request, { onlyArrives: true })
  if (!opened.repeated) {
    return { opened, outcome: opened.customer, repeated: false, answered: false, earlierMarks: [] }
  }
  const { outcome, answered, earlierMarks } = opened
  return { opened, outcome: outcome as ArrivedCustomer, repeated: true, answered, earlierMarks }
}

/** Throws `usage` for a body that does not fit the contract. */
export function decodeCall<N extends GatewayCallName>(name: N, body: unknown): GatewayRequest<N> {
  const result = gatewayCalls[name].request.safeParse(body)
  if (!result.success) throw new Failure('usage', `the body of ${name} does not fit the contract`)
  return result.data as GatewayRequest<N>
}
