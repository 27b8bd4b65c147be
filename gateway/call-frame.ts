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
import { applyOnce, type OnceOutcome } from '../services/apply-once.ts'
import { type Fence, type FencedInstance, fence } from '../services/fence.ts'
import { type ArrivedCustomer, recordArrival } from '../services/record-arrival.ts'

/** The worker's epoch or nonce is stale, or its instance may not run: nothing was written. */
export class Fenced extends Error {
  constructor() {
    super('this worker no longer holds its instance')
    this.name = 'Fenced'
  }
}

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
    const instance = await passFence(tx, claim)
    const run = (customer: ArrivedCustomer) =>
      handler.run({
        tx,
        instance,
        customer,
        buyer: { tenant: instance.tenant, customerId: customer.customerId, instanceId: instance.instanceId },
        language: customer.language ?? languageOfHint(request.person.languageHint),
        person: request.person,
        request,
        ...context,
      })
    if (handler.changes) {
      let said: Result<N> | undefined
      const done = await once(tx, instance, request, async (customer) => {
        said = await run(customer)
        return { ...customer, result: handler.keeps?.(said) ?? said }
      })
      return said === undefined ? done : { ...done, outcome: { ...done.outcome, result: said } }
    }
    const arrived = await once(tx, instance, request, async (customer) => customer)
    return { ...arrived, outcome: { ...arrived.outcome, result: await run(arrived.outcome) } }
  }
}

export async function passFence(tx: Tx, claim: Fence): Promise<FencedInstance> {
  const instance = await fence(tx, claim)
  if (instance === undefined) throw new Fenced()
  // By the clock alone, which may have jumped: the worker waits and asks again, until its own deadline.
  if (instance === 'time_up') throw new Failure('unavailable', 'the subscription has ended by the clock')
  return instance
}

/** Applies an effect once for an update; the customer that it is given has arrived. */
export function once<Outcome>(
  tx: Tx,
  instance: FencedInstance,
  request: { updateKey: string; nonce: string | null; person: Person; answerMark: string | null },
  effect: (customer: ArrivedCustomer) => Promise<Outcome>,
): Promise<OnceOutcome<Outcome>> {
  return applyOnce(tx, {
    instanceId: instance.instanceId,
    updateKey: request.updateKey,
    nonce: request.nonce,
    answerMark: request.answerMark,
    effect: async () => effect(await recordArrival(tx, instance, request.person)),
  })
}

/** Throws `usage` for a body that does not fit the contract. */
export function decodeCall<N extends GatewayCallName>(name: N, body: unknown): GatewayRequest<N> {
  const result = gatewayCalls[name].request.safeParse(body)
  if (!result.success) throw new Failure('usage', `the body of ${name} does not fit the contract`)
  return result.data as GatewayRequest<N>
}
