import { type ComponentType, cloneElement, type ReactElement, useState } from 'react'
import { useLocale } from '../i18n/locale.tsx'
import { toast } from '../shell/toasts.tsx'

export interface MenuItem {
  readonly key: string
  readonly text: string
  readonly run: () => void
}

/** A button as a menu opens it. */
export type MenuTarget = ReactElement<{
  readonly onClick?: () => void
  readonly onPointerEnter?: () => void
  readonly 'aria-haspopup'?: 'menu'
  readonly 'aria-expanded'?: boolean
  readonly ref?: React.Ref<HTMLButtonElement>
}>

export interface MenuProps {
  readonly target: MenuTarget
  /** Above the items. */
  readonly heading?: string
  readonly items: readonly MenuItem[]
}

const loadMenu = async () => (await import('./drop-menu.tsx')).DropMenu

/** A button with a menu. Pages have many of them and few are opened: the menu is loaded when somebody reaches for it. */
export function MenuButton(props: MenuProps) {
  const { t } = useLocale()
  const [menu, setMenu] = useState<{ readonly Drop: ComponentType<MenuProps> } | undefined>(undefined)
  if (menu !== undefined) return <menu.Drop {...props} />
  const open = async () => {
    try {
      setMenu({ Drop: await loadMenu() })
    } catch {
      toast('bad', t('reach.server_away'))
    }
  }
  return cloneElement(props.target, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    onClick: () => void open(),
    onPointerEnter: () => void loadMenu().catch(() => undefined),
  })
}
