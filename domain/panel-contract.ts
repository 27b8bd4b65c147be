/**
 * The panel's HTTP contract: what requests must look like and what the answers are. Requests are decoded strictly:
 * a field that is not named here is an error, never passed on.
 */
import { z } from 'zod'
import { Failure } from './failure.ts'
import { type PairingMethod, type PairingView, pairingMethods } from './pairing.ts'
import { passwordBytesMax } from './password.ts'
import type { UserView } from './user.ts'

/** Bytes of a request body, far above any body of the contract. */
export const requestBytesMax = 64 * 1024

const loginSchema = z.strictObject({
  username: z.string().min(1).max(200),
  password: z.string().min(1).max(passwordBytesMax),
})
export type LoginRequest = z.infer<typeof loginSchema>

/** Decodes `POST /api/login`; throws `usage`. */
export function decodeLogin(body: unknown): LoginRequest {
  return decode(loginSchema, body)
}

const pathSchema = z.object({ id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'is no id of a bot') })

/** Decodes what a route's path names; throws `usage`. */
export function decodePath(params: unknown): { readonly id: string } {
  return decode(pathSchema, params, 'the path')
}

const pairingSchema = z.strictObject({ method: z.enum(pairingMethods).default('code') })

/** Decodes `POST /api/instances/{id}/regenerate-code`, whose body may be left out; throws `usage`. */
export function decodePairing(body: unknown): { readonly method: PairingMethod } {
  return decode(pairingSchema, body ?? {})
}

/** `GET /api/instances/{id}/pairing-code` and `POST .../regenerate-code` (seed 004). */
export interface PairingAnswer extends PairingView {
  success: true
  /** The code as the seed calls it. */
  pairing_code: string | null
}

/** `GET /api/health` (seed 004). */
export interface HealthAnswer {
  status: 'healthy' | 'degraded'
  service: string
  version: string
  server: string
  timestamp: string
}

/** `GET /api/server-info` (seed 004). */
export interface ServerInfoAnswer {
  server_name: string
  total_bots: number
  new_bots: number
  approved_bots: number
  expired_bots: number
}

/** `POST /api/login`. The token is the session's secret, for `Authorization: Bearer`. */
export interface LoginAnswer {
  success: true
  message: string
  token: string
  user: UserView
  expires_at: string
  /** Whether the session cookie was set; false on plain http to another machine, where browsers drop it. */
  cookie: boolean
}

/** `GET /api/me`. */
export interface MeAnswer {
  user: UserView
  expires_at: string
}

/** One field of a request that is wrong; never its value. */
interface FieldError {
  field: string
  message: string
}

/** An RFC 9457 problem document; `type` is `urn:botfleet:problem:<code>`. Details of the failure stand beside these. */
export interface ProblemDocument {
  type: string
  title: string
  status: number
  detail: string
  /** The path of the request. */
  instance: string
  code: string
  requestId: string
  errors?: FieldError[]
}

function decode<T>(schema: z.ZodType<T>, body: unknown, what = 'the body'): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const errors: FieldError[] = result.error.issues.map((issue) => ({
    field: issue.path.join('.'),
    message: issue.code === 'unrecognized_keys' ? 'has a field that is not known here' : issue.message,
  }))
  throw new Failure('usage', `${what} does not fit: see errors`, { details: { errors } })
}
