import { AppShell, Burger, Group, NavLink, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useServerName } from '../api/servers.ts'
import { useMay, useServerTraits, useUser } from '../api/session.ts'
import { useLocale } from '../i18n/locale.tsx'
import { LanguageMenu } from './language-menu.tsx'
import { navigation } from './navigation.ts'
import { SchemeSwitch } from './scheme-switch.tsx'
import { UserMenu } from './user-menu.tsx'

/** The frame around every page: where one is, where one may go, who one is. */
export function Layout(props: { readonly children: ReactNode }) {
  const [open, menu] = useDisclosure(false)
  const { t } = useLocale()
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 230, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding="md"
      transitionDuration={0}
    >
      <a className="skip" href="#content">
        {t('skip')}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group wrap="nowrap" gap="xs">
            <Burger
              opened={open}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={t('menu')}
              aria-expanded={open}
            />
            <ServerName />
          </Group>
          <UserMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label={t('menu')}>
        <AppShell.Section grow p="xs" className="destinations">
          <Destinations onGo={menu.close} />
        </AppShell.Section>
        <AppShell.Section p="xs">
          <Group wrap="nowrap" gap="xs">
            <SchemeSwitch />
            <LanguageMenu />
          </Group>
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        {props.children}
      </AppShell.Main>
    </AppShell>
  )
}

function ServerName() {
  const name = useServerName()
  return (
    <Text fw={700} truncate>
      <bdi>Botfleet {name}</bdi>
    </Text>
  )
}

function Destinations(props: { readonly onGo: () => void }) {
  const may = useMay()
  const { role } = useUser()
  const { sandbox_url: sandbox } = useServerTraits()
  const { t } = useLocale()
  const [here] = useLocation()
  const allowed = navigation.filter(
    ({ permission, only }) =>
      (permission === undefined || may(permission)) &&
      (only === undefined || (only === 'agent') === (role === 'agent')),
  )
  return (
    <>
      {allowed.map(({ path, text, group }, index) => (
        <NavLink
          key={path}
          component={Link}
          href={path}
          label={t(text)}
          active={path === '/' ? here === '/' : here.startsWith(path)}
          aria-current={here === path ? 'page' : undefined}
          className={index > 0 && allowed[index - 1]?.group !== group ? 'begins' : undefined}
          onClick={props.onGo}
        />
      ))}
      {sandbox !== null && (
        <NavLink href={sandbox} target="_blank" rel="noreferrer" className="begins" label={t('nav.sandbox')} />
      )}
    </>
  )
}
