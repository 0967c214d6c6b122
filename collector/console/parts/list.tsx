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
  /** Orders of the list that go by it; its heading leads from one to the next. */
  readonly sorts?: readonly Sort[]
}

export interface Sort {
  /** As the address bar has it; undefined: the order where nothing is said. */
  readonly by: string | undefined
  readonly direction: 'ascending' | 'descending'
}

export interface ListProps<Item> {
  readonly label: string
  /** The same array as long as they are the same columns: rows are drawn anew with another one. */
  readonly columns: readonly Column<Item>[]
  readonly items: readonly Item[]
  readonly rowClass: (item: Item) => string
  readonly open?: (item: Item) => void
  /** What stands there when there is no row. */
  readonly empty: string
  readonly busy: boolean
  readonly sort?: string | undefined
  readonly onSort?: (by: string | undefined) => void
}

export function List<Item extends { readonly id: string | number }>(props: ListProps<Item>) {
  const { label, columns, items, rowClass, open, empty, busy, sort, onSort } = props
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
          {columns.map((column) => (
            <Heading key={column.key} column={column} sort={sort} onSort={onSort} />
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

const marks = { ascending: '▲', descending: '▼' } as const

function Heading<Item>({
  column: { title, sorts },
  sort,
  onSort,
}: {
  column: Column<Item>
  sort: string | undefined
  onSort: ((by: string | undefined) => void) | undefined
}) {
  const { t } = useSpeech()
  if (sorts === undefined || onSort === undefined) return <th scope="col">{title}</th>
  const at = sorts.findIndex(({ by }) => by === sort)
  const next = sorts[(at + 1) % sorts.length]
  const direction = sorts[at]?.direction
  return (
    <th scope="col" className="sortable" aria-sort={direction ?? 'none'}>
      <button type="button" className="sort" title={t.list.sortBy(title)} onClick={() => onSort(next?.by)}>
        {title}
        <span aria-hidden="true"> {direction === undefined ? '↕' : marks[direction]}</span>
      </button>
    </th>
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
