/** Steps that read all of a table that grows, or sort, and are right all the same; each with its reason. */
import type { Allowed } from './judge.ts'

export const allowed: readonly Allowed[] = [
  {
    by: 'refolding.logsOfMatter',
    step: 'USE TEMP B-TREE FOR ORDER BY',
    because: 'sorts the logs of one matter, outside the commit',
  },
  {
    by: 'matters.gatheredBefore',
    step: 'USE TEMP B-TREE FOR GROUP BY',
    because: 'groups what goes on in one branch when a boot ends, found by its partial index',
  },
  {
    by: 'boots.agentsToRetime',
    step: 'SCAN boot USING INDEX boot_retiming',
    because: 'the partial index has only the boots that wait to be timed; at most `limit`',
  },
  {
    by: 'form.takeForm',
    step: 'SCAN matter',
    because: 'once, at the first start of a version with another form: every matter has to be folded anew',
  },
]

/** Functions of the store that the integration suite does not call; each with its reason. */
export const notCalled: Readonly<Record<string, string>> = {}
