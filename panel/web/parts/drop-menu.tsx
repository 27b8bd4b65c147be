import { Menu } from '@mantine/core'
import { cloneElement, useEffect, useRef, useState } from 'react'
import type { MenuProps } from './menu-button.tsx'

/** The menu of a button: it opens as soon as it is there, and gives the focus back when it closes. */
export function DropMenu({ target, heading, items }: MenuProps) {
  const button = useRef<HTMLButtonElement>(null)
  const [opened, setOpened] = useState(false)
  useEffect(() => {
    // The button stands here anew; the focus returns to where it was when the menu opened.
    button.current?.focus()
    setOpened(true)
  }, [])
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-end" withInitialFocusPlaceholder={false}>
      <Menu.Target>{cloneElement(target, { ref: button })}</Menu.Target>
      <Menu.Dropdown>
        {heading !== undefined && <Menu.Label>{heading}</Menu.Label>}
        {items.map(({ key, text, run }) => (
          <Menu.Item key={key} onClick={run}>
            {text}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
