import { Anchor, Center, Loader } from '@mantine/core'
import { lazy, Suspense, useEffect } from 'react'
import { Link } from 'wouter'
import { sessionEnded } from '../api/call.ts'
import { useLiveUpdates } from '../api/live.ts'
import { MeProvider, useFactorNeeded, useMe } from '../api/session.ts'
import { useStore } from '../api/store.ts'
import type { Me } from '../api/views.ts'
import { useLocale } from '../i18n/locale.tsx'
import { TroubleNote } from '../parts/loaded.tsx'
import { Note } from '../parts/note.tsx'
import { Layout } from './layout.tsx'
import { Pages } from './pages.tsx'
import { PlainHttp } from './plain-http.tsx'
import { ReachBanner } from './reach-banner.tsx'
import { SheetHost } from './sheet-host.tsx'
import { Toasts } from './toasts.tsx'

const loadSignIn = () => import('./sign-in.tsx')
const SignInPage = lazy(async () => ({ default: (await loadSignIn()).SignInPage }))
const SignInAgain = lazy(async () => ({ default: (await loadSignIn()).SignInAgain }))

/** Everything: the sign-in page, or the pages of who is signed in. */
export function App() {
  return (
    <>
      <Door />
      <Toasts />
    </>
  )
}

function Door() {
  const me = useMe()
  if (me.data === null) {
    return (
      <Suspense fallback={<Waiting />}>
        <SignInPage />
      </Suspense>
    )
  }
  if (me.data !== undefined) return <Inside key={me.data.user.id} me={me.data} />
  if (me.isError) {
    return (
      <main className="sign-in">
        <div>
          <ReachBanner />
          <TroubleNote error={me.error} retry={() => void me.refetch()} />
        </div>
      </main>
    )
  }
  return <Waiting />
}

function Waiting() {
  const { t } = useLocale()
  return (
    <Center h="100vh">
      <Loader aria-label={t('loading')} />
    </Center>
  )
}

function Inside(props: { readonly me: Me }) {
  const ended = useStore(sessionEnded)
  useLiveUpdates()
  // Kept ready: when the session ends the server may be away, or a newer one without this file.
  useEffect(() => void loadSignIn(), [])
  return (
    <MeProvider value={props.me}>
      <Layout>
        <ReachBanner />
        <PlainHttp />
        <FactorNeeded />
        <Pages />
        <SheetHost />
      </Layout>
      <Suspense>{ended && <SignInAgain username={props.me.user.username} />}</Suspense>
    </MeProvider>
  )
}

function FactorNeeded() {
  const { t } = useLocale()
  if (!useFactorNeeded()) return null
  return (
    <Note isUrgent tone="warn" title={t('factor.needed')}>
      {t('factor.needed_detail')}{' '}
      <Anchor component={Link} href="/account" inherit underline="always">
        {t('user.account')}
      </Anchor>
    </Note>
  )
}
