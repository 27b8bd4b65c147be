import { Anchor, Button, Modal, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ChangeEvent, type FormEvent, useState } from 'react'
import { type AnswerOf, factorNeeded, sessionEnded } from '../api/call.ts'
import type { Problem } from '../api/problem.ts'
import { type SignIn, signIn } from '../api/session.ts'
import { type Locale, useLocale } from '../i18n/locale.tsx'
import { Note } from '../parts/note.tsx'
import { LanguageMenu } from './language-menu.tsx'
import { PlainHttp } from './plain-http.tsx'

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
          <PlainHttp />
          <SignInForm username="" />
          <FirstRunHint />
          <LanguageMenu />
        </Stack>
      </Paper>
    </main>
  )
}

/** Over the page when its session has ended: what was open stays open below. */
export function SignInAgain(props: { readonly username: string }) {
  const { t } = useLocale()
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title={t('sign_in.ended')}
    >
      <Stack>
        <Text>{t('sign_in.ended_detail')}</Text>
        <SignInForm username={props.username} />
      </Stack>
    </Modal>
  )
}

function SignInForm(props: { readonly username: string }) {
  const { t } = useLocale()
  const client = useQueryClient()
  const [asked, setAsked] = useState<SecondProof | undefined>(undefined)
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
      factorNeeded.set(false)
      await client.invalidateQueries()
    },
    onError: (problem) => {
      if (problem.needed === 'code') setAsked((already) => already ?? 'authenticator')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { username, password, code } = fields
    attempt.mutate({
      username: username.trim(),
      password,
      ...(asked === undefined ? {} : { code: code.replaceAll(/\s/g, '') }),
    })
  }
  const askFor = (proof: SecondProof) => {
    setAsked(proof)
    setFields({ ...fields, code: '' })
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
        {asked !== undefined && <CodeInput key={asked} asked={asked} ask={askFor} {...bound('code')} />}
        <SignInTrouble problem={attempt.error} sentCode={attempt.variables?.code !== undefined} noCookie={noCookie} />
        <Button type="submit" loading={attempt.isPending}>
          {t('sign_in.submit')}
        </Button>
      </Stack>
    </form>
  )
}

/** What somebody shows besides the password. */
type SecondProof = 'authenticator' | 'recovery'

interface CodeInputProps {
  readonly asked: SecondProof
  readonly ask: (proof: SecondProof) => void
  readonly value: string
  readonly onChange: (event: ChangeEvent<HTMLInputElement>) => void
}

/** A code of the authenticator, or where that is lost a recovery code. */
function CodeInput({ asked, ask, ...bound }: CodeInputProps) {
  const { t } = useLocale()
  const isRecovery = asked === 'recovery'
  return (
    <div>
      <TextInput
        label={t(isRecovery ? 'sign_in.recovery_code' : 'sign_in.code')}
        description={t(isRecovery ? 'sign_in.recovery_hint' : 'sign_in.digits_hint')}
        autoComplete={isRecovery ? 'off' : 'one-time-code'}
        autoCapitalize="none"
        spellCheck={false}
        inputMode={isRecovery ? 'text' : 'numeric'}
        dir="ltr"
        required
        autoFocus
        {...bound}
      />
      <Anchor component="button" type="button" size="sm" onClick={() => ask(isRecovery ? 'authenticator' : 'recovery')}>
        {t(isRecovery ? 'sign_in.use_app' : 'sign_in.use_recovery')}
      </Anchor>
    </div>
  )
}

function SignInTrouble(props: {
  readonly problem: Problem | null
  readonly sentCode: boolean
  readonly noCookie: boolean
}) {
  const locale = useLocale()
  const { problem, sentCode, noCookie } = props
  const text = noCookie
    ? locale.t('sign_in.no_cookie')
    : problem === null
      ? undefined
      : describe(problem, sentCode, locale)
  if (text === undefined) return null
  return (
    <Note isUrgent tone="bad">
      {text}
    </Note>
  )
}

function describe(problem: Problem, sentCode: boolean, { t, format }: Locale): string | undefined {
  if (problem.needed === 'code') return sentCode ? t('sign_in.wrong_code') : undefined
  if (problem.status === 401) return t('sign_in.wrong')
  if (problem.status === 429) {
    return t('sign_in.too_often', { time: format.duration((problem.retryAfterSeconds ?? 1) * 1000) })
  }
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
