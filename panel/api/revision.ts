/** ETags of things that two people may change at once (RFC 9110 8.8.3, 13.1.1). */
import { createHash } from 'node:crypto'
import type { Request, Response } from 'express'
import { HttpProblem, httpProblems } from './problem.ts'

/** The strong tag of what a person may be stale against. */
export function tagOf(revision: unknown): string {
  return `"${createHash('sha256').update(JSON.stringify(revision)).digest('base64url').slice(0, 22)}"`
}

/** Says the tag of what is answered. */
export function tagged<T>(response: Response, answer: T, revision: unknown): T {
  response.set('ETag', tagOf(revision))
  return answer
}

/** Throws 412 when the request was made for another revision than the one there is. */
export function assertCurrent(request: Request, revision: unknown): void {
  const wanted = request.headers['if-match']
  if (wanted === undefined || wanted === '*') return
  const tags = wanted.split(',').map((tag) => tag.trim())
  if (tags.includes(tagOf(revision))) return
  throw new HttpProblem(httpProblems.stale, 'somebody changed this meanwhile: load it again, then repeat the change')
}
