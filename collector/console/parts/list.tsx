/** The one table of the console. It draws the rows of one page, and a row anew only when its item is another one; on a
 *  narrow screen each row stands as a block with the titles beside its cells. */
import { type ReactNode, useMemo } from 'react'
import { useSpeech } from './language.tsx'

export interface Column<Item> {
  readonly key: string
  readonly title: string
  /** Of the table; undefined: its share of the rest. */
  readonly width?: string
  readonly cell: (item: Item) => ReactNode
}

interface ListProps<Item> {
  readonly label: string
  /** The same array as long as they are the same columns: rows are drawn anew with another one. */
  readonly columns: readonly Column<Item>[]
  readonly items: readonly Item[]
  readonly rowClass: (item: Item) => string
  readonly open?: (item: Item) => void
  /** What stands there when there is no row. */
  readonly empty: string
  readonly busy: boolean
}

export function List<Item extends { readonly id: string | number }>(props: ListProps<Item>) {
  const { label, columns, items, rowClass, open, empty, busy } = props
  const { t } = useSpeech()
  return (
    <table className="list" aria-label={label} aria-busy={busy}>
      <colgroup>
        {columns.map(({ key, width }) => (
          <col key={key} style={width === undefined ? undefined : { width }} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {columns.map(({ key, title }) => (
            <th key={key} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <Row key={item.id} item={item} columns={columns} className={rowClass(item)} open={open} />
        ))}
        {items.length === 0 && (
          <tr>
            <td colSpan={columns.length} className="nothing">
              {busy ? t.loading : empty}
            </td>
          </tr>
        )}
      </tbody>
    </table>
  )
}

interface RowProps<Item> {
  readonly item: Item
  readonly columns: readonly Column<Item>[]
  readonly className: string
  readonly open: ((item: Item) => void) | undefined
}

function Row<Item>({ item, columns, className, open }: RowProps<Item>) {
  return useMemo(
    () => (
      <tr className={className} onClick={open && (() => open(item))}>
        {columns.map(({ key, title, cell }) => (
          <td key={key} data-title={title}>
            <div className="cell">{cell(item)}</div>
          </td>
        ))}
      </tr>
    ),
    [item, columns, className, open],
  )
}
