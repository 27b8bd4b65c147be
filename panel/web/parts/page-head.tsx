import { Group, Title } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'

let pagesSeen = 0

/** A page's title, in the tab too; it takes the focus when a page follows another, so that readers hear where they are. */
export function PageHead(props: { readonly title: string; readonly children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${props.title} - Botfleet`
  }, [props.title])
  useEffect(() => {
    pagesSeen += 1
    if (pagesSeen > 1) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <Group justify="space-between" mb="md">
      <Title order={1} size="h2" ref={heading} tabIndex={-1} style={{ outline: 'none', overflowWrap: 'anywhere' }}>
        <bdi>{props.title}</bdi>
      </Title>
      <Group gap="xs">{props.children}</Group>
    </Group>
  )
}
