import { hash, verify } from '@node-rs/argon2'

/** Turns passwords into PHC strings and checks them; tests count its calls. */
export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** False for a wrong password; rejects when `phc` is no hash. */
  verify(phc: string, password: string): Promise<boolean>
}

/**
 * argon2id (the package's default) with 19 MiB, two passes, one lane (facts/panel-and-security.md 4.2): about 25 ms on
 * the thread pool.
 */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const argon2Hasher: PasswordHasher = {
  hash: (password) => hash(Buffer.from(password), cost),
  verify: (phc, password) => verify(phc, Buffer.from(password)),
}

/**
 * The hash of a random password that nobody has, with the cost above: an unknown user's login is checked against it,
 * so that it takes as long as a known one's.
 */
export const nobodysHash =
  '$argon2id$v=19$m=19456,t=2,p=1$WsheucqndYbs84C5XjNOnA$vguDCtaRS+GItDww6ExfOICkeBR4ZTMR6PHom4KiYR0'
