/** People of one test database, by their names: what they log in with, and who they are to services. */
import type { Database } from '../../../db/database.ts'
import type { Tx } from '../../../db/transaction.ts'
import type { Actor, Role } from '../../../domain/actor.ts'
import { beginSecondFactor } from '../../../services/access/begin-second-factor.ts'
import { confirmSecondFactor } from '../../../services/access/confirm-second-factor.ts'
import { findSession } from '../../../services/find-session.ts'
import { type LogIn, logIn } from '../../../services/log-in.ts'
import { authenticatorOf } from '../../support/authenticator.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { addPerson, goodPassword, peopleKeyring } from '../people/people-fixture.ts'

/** What the person's authenticator knows. */
export interface Authenticator {
  /** Base32. */
  readonly secret: string
  readonly recoveryCodes: readonly string[]
  /** What it shows so many steps of 30 s from now. */
  code(step?: number): string
}

export interface SignedIn {
  readonly token: string
  readonly actor: Actor & { readonly userId: string }
}

export class People {
  readonly test: TestDatabase

  private constructor(test: TestDatabase) {
    this.test = test
  }

  static async open(people: Readonly<Record<string, Role>>): Promise<People> {
    const test = await createTestDatabase()
    for (const [username, role] of Object.entries(people)) await addPerson(test.database, username, role)
    return new People(test)
  }

  get database(): Database {
    return this.test.database
  }

  close(): Promise<void> {
    return this.test.drop()
  }

  logIn(username: string, options: Partial<LogIn> = {}) {
    const input = { username, password: goodPassword, address: '192.0.2.1', keyring: () => peopleKeyring }
    return logIn(this.database, { ...input, ...options })
  }

  async signIn(username: string, options: Partial<LogIn> = {}): Promise<SignedIn> {
    const { token } = await this.logIn(username, options)
    const session = await findSession(this.database, { token, source: 'api:192.0.2.1' })
    if (session === undefined) throw new Error('a session that was just opened is gone')
    return { token, actor: session.actor }
  }

  run<Input, Result>(
    operation: (tx: Tx, actor: Actor, input: Input) => Promise<Result>,
    actor: Actor,
    input: NoInfer<Input>,
  ): Promise<Result> {
    return this.database.transaction((tx) => operation(tx, actor, input))
  }

  /** Gives a person a second factor, as the panel does, long ago: the code of now is still to be used. */
  async enrol(username: string): Promise<Authenticator> {
    const { token, actor } = await this.signIn(username)
    const keyring = () => peopleKeyring
    const begun = await beginSecondFactor(this.database, actor, {
      password: goodPassword,
      address: '192.0.2.1',
      keyring,
    })
    const code = authenticatorOf(begun.secret)
    const { recoveryCodes } = await confirmSecondFactor(this.database, actor, { code: code(), keyring, keep: token })
    await this.database.query('update user_totp set last_counter = 0')
    return { secret: begun.secret, recoveryCodes, code }
  }

  async audited(action: string): Promise<{ actor: string; source: string; target_id: string; details: unknown }[]> {
    const { rows } = await this.database.query<{ actor: string; source: string; target_id: string; details: unknown }>(
      'select actor, source, target_id, details from audit_log where action = $1 order by id',
      [action],
    )
    return rows
  }
}
