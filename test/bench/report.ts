/** What a bench says: rows of a table, each beside the figure to reach where there is one. */
import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'

export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly toReach?: { readonly atLeast: number } | { readonly atMost: number }
}

const reached = ({ value, toReach }: Row): boolean | undefined => {
  if (toReach === undefined) return undefined
  return 'atLeast' in toReach ? value >= toReach.atLeast : value <= toReach.atMost
}

const number = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Math.round(value * 100) / 100)

export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => {
    const { what, value, unit, toReach } = row
    const limit = toReach && ('atLeast' in toReach ? `≥ ${number(toReach.atLeast)}` : `≤ ${number(toReach.atMost)}`)
    return [
      what,
      `${number(value)} ${unit}`,
      limit ?? '',
      limit === undefined ? '' : reached(row) ? 'reached' : 'NOT YET',
    ]
  })
  const all = [['', 'measured', 'to reach', ''], ...cells]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  for (const line of all)
    console.log(
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

export const writeJson = (file: string, rows: readonly Row[]): Promise<void> =>
  writeFile(
    file,
    `${JSON.stringify(
      {
        node: process.version,
        cpu: cpus()[0]?.model ?? 'unknown',
        cores: availableParallelism(),
        rows: rows.map((row) => ({ ...row, reached: reached(row) })),
      },
      undefined,
      2,
    )}\n`,
  )

/** The value that `part` (0 to 1) of them do not exceed; NaN of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? NaN
}
