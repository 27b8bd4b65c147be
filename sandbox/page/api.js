/** The sandbox's controls. A refusal is thrown with the words the sandbox gave. */

export const get = (path) => ask(path, {})

export const post = (name, body) =>
  ask(name, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

export function upload(fields, file) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, String(value))
  form.set('file', file)
  return ask('uploads', { method: 'POST', body: form })
}

async function ask(path, options) {
  const response = await fetch(`/sandbox/${path}`, options)
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}
