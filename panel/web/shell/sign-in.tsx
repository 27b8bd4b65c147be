import { Anchor, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ChangeEvent, type FormEvent, useState } from 'react'
import { type AnswerOf, sessionEnded } from '../api/call.ts'
import type { Problem } from '../api/problem.ts'
import { type SignIn, signIn } from '../api/session.ts'
import { useLocale } from '../i18n/locale.tsx'
import { Note } from '../parts/note.tsx'
import { LanguageMenu } from './language-menu.tsx'

/** The page of somebody who is not signed in; the address stays, so that they come out where they wanted to go. */
export function SignInPage() {
  const { t } = useLocale()
  return (
    <main className="sign-in">
      <Paper withBorder p="xl" w="min(26rem, 100%)">
        <Stack>
          <Title order={1} size="h2">
            {t('sign_in.title')}
          </Title>
          <SignInForm username="" />
          <FirstRunHint />
          <LanguageMenu />
        </Stack>
      </Paper>
    </main>
  )
}

/** Asks who one is and signs in; says why not. */
export function SignInForm(props: { readonly username: string }) {
  const { t } = useLocale()
  const client = useQueryClient()
  const [asksCode, setAsksCode] = useState(false)
  const [noCookie, setNoCookie] = useState(false)
  const [fields, setFields] = useState({ username: props.username, password: '', code: '' })
  const attempt = useMutation<AnswerOf<'POST /api/login'>, Problem, SignIn>({
    networkMode: 'always',
    mutationFn: signIn,
    onSuccess: async (answer) => {
      // Where the browser drops the cookie, asking on would lead back here without a word.
      setNoCookie(!answer.cookie)
      if (!answer.cookie) return
      if (answer.user.username !== props.username)
        client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' })
      sessionEnded.set(false)
      await client.invalidateQueries()
    },
    onError: (problem) => {
      if (problem.needed === 'code') setAsksCode(true)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { username, password, code } = fields
    attempt.mutate({ username: username.trim(), password, ...(asksCode ? { code: code.replaceAll(/\s/g, '') } : {}) })
  }
  const bound = (name: keyof typeof fields) => ({
    value: fields[name],
    onChange: (event: ChangeEvent<HTMLInputElement>) => setFields({ ...fields, [name]: event.currentTarget.value }),
  })
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={t('sign_in.username')}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus={props.username === ''}
          {...bound('username')}
        />
        <PasswordInput
          label={t('sign_in.password')}
          autoComplete="current-password"
          required
          autoFocus={props.username !== ''}
          visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show_password'), tabIndex: 0 }}
          {...bound('password')}
        />
        {asksCode && (
          <TextInput
            label={t('sign_in.code')}
            description={t('sign_in.code_hint')}
            autoComplete="one-time-code"
            inputMode="numeric"
            required
            autoFocus
            {...bound('code')}
          />
        )}
        <SignInTrouble problem={attempt.error} sentCode={attempt.variables?.code !== undefined} noCookie={noCookie} />
        <Button type="submit" loading={attempt.isPending}>
          {t('sign_in.submit')}
        </Button>
      </Stack>
    </form>
  )
}

function SignInTrouble(props: {
  readonly problem: Problem | null
  readonly sentCode: boolean
  readonly noCookie: boolean
}) {
  const { t } = useLocale()
  const { problem, sentCode, noCookie } = props
  const text = noCookie ? t('sign_in.no_cookie') : problem === null ? undefined : describe(problem, sentCode, t)
  if (text === undefined) return null
  return (
    <Note isUrgent tone="bad">
      {text}
    </Note>
  )
}

function describe(problem: Problem, sentCode: boolean, t: ReturnType<typeof useLocale>['t']): string | undefined {
  if (problem.needed === 'code') return sentCode ? t('sign_in.wrong_code') : undefined
  if (problem.status === 401) return t('sign_in.wrong')
  if (problem.status === 429) return t('sign_in.too_often', { seconds: problem.retryAfterSeconds ?? 1 })
  if (problem.status === 0) return t('reach.server_away')
  if (problem.status === 503) return t('reach.database_away')
  return problem.message
}

function FirstRunHint() {
  const { t } = useLocale()
  const [open, setOpen] = useState(false)
  return (
    <div>
      <Anchor component="button" type="button" size="sm" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t('first_run.question')}
      </Anchor>
      {open && (
        <Text size="sm" mt="xs">
          {t('first_run.answer')}
        </Text>
      )}
    </div>
  )
}
