/** What the leading group asks first: how many incidents are open, how bad, where, and who cannot be seen. */
import { useQuery } from '@tanstack/react-query'
import { severityColours, severityWords } from '#shared/vocabulary/labels.ts'
import type { Severity } from '#shared/vocabulary/levels.ts'
import { Failure } from '../../parts/failure.tsx'
import { useSpeech } from '../../parts/language.tsx'
import { severityOrder } from '../../parts/marks.tsx'
import { Name } from '../../parts/name.tsx'
import { visible } from '../../parts/visible.ts'
import { countsQuery } from '../../queries.ts'
import type { Filters } from '../../api.ts'
import type { Ask } from '../../parts/list-bar.tsx'
import { ConnectionCard } from './connection-card.tsx'

interface Narrowing {
  readonly filters: Filters
  readonly ask: Ask
}

type Count = { department: string; severity: Severity; count: number }

const sumOf = (counts: readonly Count[]): number => counts.reduce((sum, { count }) => sum + count, 0)
const ofSeverity = (counts: readonly Count[], severity: Severity): number =>
  sumOf(counts.filter((count) => count.severity === severity))

export function Overview(narrowing: Narrowing) {
  const { t } = useSpeech()
  const { data, error, isPending, refetch } = useQuery(countsQuery)
  return (
    <section className="overview" aria-label={t.overview.title} aria-busy={isPending}>
      {error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : (
        <>
          <BySeverity counts={data?.items} {...narrowing} />
          <ByDepartment counts={data?.items} {...narrowing} />
        </>
      )}
      <ConnectionCard />
    </section>
  )
}

/** Undefined: not known yet, which is not none. */
interface Counted {
  readonly counts: readonly Count[] | undefined
}

function BySeverity({ counts, filters, ask }: Narrowing & Counted) {
  const { t, say } = useSpeech()
  return (
    <section className="card" aria-labelledby="by-severity">
      <h2 id="by-severity">
        {t.overview.bySeverity}
        <span className="aside">
          {t.overview.total}{' '}
          <button type="button" className="plain" onClick={() => ask({ ...listOf({}), stage: 'waiting' })}>
            {counts === undefined ? t.none : sumOf(counts)}
          </button>
        </span>
      </h2>
      <div className="tiles">
        {severityOrder.map((severity) => {
          const count = counts === undefined ? undefined : ofSeverity(counts, severity)
          const word = say(severityWords[severity])
          return (
            <button
              key={severity}
              type="button"
              className={`tile tile-${severity}${count === 0 ? ' tile-zero' : ''}`}
              aria-pressed={filters.severity === severity && filters.stage === 'waiting'}
              title={t.overview.filter(word)}
              onClick={() => ask(listOf({ severity: filters.severity === severity ? undefined : severity }))}
            >
              <span className="tile-count">{count ?? t.none}</span>
              <span className="tile-word cap">{word}</span>
              <span className="tile-colour">{say(severityColours[severity])}</span>
            </button>
          )
        })}
      </div>
    </section>
  )
}

/** The list that a number counts: what waits, of that department and severity, and nothing else. */
const listOf = ({ department, severity }: { department?: string; severity?: Severity | undefined }) => ({
  department,
  severity,
  kind: undefined,
  q: undefined,
  from: undefined,
  to: undefined,
  before: undefined,
  stage: department === undefined && severity === undefined ? undefined : 'waiting',
})

const worstFirst = (a: readonly Count[], b: readonly Count[]): number =>
  severityOrder.map((severity) => ofSeverity(b, severity) - ofSeverity(a, severity)).find((more) => more !== 0) ?? 0

function ByDepartment({ counts, filters, ask }: Narrowing & Counted) {
  const { t, say } = useSpeech()
  const departments = [...Map.groupBy(counts ?? [], ({ department }) => department)].toSorted(([, a], [, b]) =>
    worstFirst(a, b),
  )
  const most = Math.max(1, ...departments.map(([, own]) => sumOf(own)))
  return (
    <section className="card" aria-labelledby="by-department">
      <h2 id="by-department">{t.overview.byDepartment}</h2>
      {departments.length === 0 ? (
        <p className="nothing">{counts === undefined ? t.loading : t.overview.nothing}</p>
      ) : (
        <div className="departments">
          <table>
            <thead>
              <tr>
                <th scope="col">{t.overview.department}</th>
                {severityOrder.map((severity) => (
                  <th key={severity} scope="col" className="number cap">
                    {say(severityWords[severity])}
                  </th>
                ))}
                <th scope="col" className="number">
                  {t.overview.total}
                </th>
                <th aria-hidden="true" className="bars" />
              </tr>
            </thead>
            <tbody>
              {departments.map(([department, own]) => (
                <tr key={department} aria-selected={filters.department === department}>
                  <th scope="row">
                    <button
                      type="button"
                      className="plain"
                      title={t.overview.filter(visible(department))}
                      onClick={() => ask(listOf(filters.department === department ? {} : { department }))}
                    >
                      <Name value={department} max={16} />
                    </button>
                  </th>
                  {severityOrder.map((severity) => (
                    <td key={severity} className={`number count-${severity}`}>
                      {ofSeverity(own, severity) === 0 ? (
                        <span className="zero">0</span>
                      ) : (
                        <button
                          type="button"
                          className="plain"
                          aria-label={`${visible(department)} ${say(severityWords[severity])} ${ofSeverity(own, severity)}`}
                          onClick={() => ask(listOf({ department, severity }))}
                        >
                          {ofSeverity(own, severity)}
                        </button>
                      )}
                    </td>
                  ))}
                  <td className="number">
                    <button
                      type="button"
                      className="plain"
                      aria-label={`${visible(department)} ${t.overview.total} ${sumOf(own)}`}
                      onClick={() => ask(listOf({ department }))}
                    >
                      <strong>{sumOf(own)}</strong>
                    </button>
                  </td>
                  <td aria-hidden="true" className="bars">
                    <Bar counts={own} most={most} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function Bar({ counts, most }: { counts: readonly Count[]; most: number }) {
  return (
    <div className="bar">
      {severityOrder.map((severity) => (
        <span
          key={severity}
          className={`bar-${severity}`}
          style={{ width: `${(100 * ofSeverity(counts, severity)) / most}%` }}
        />
      ))}
    </div>
  )
}
