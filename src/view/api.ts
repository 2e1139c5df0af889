// What the page asks for, as JSON. Looking only: there is no request that changes anything.

import { type Context, Hono } from 'hono'
import { compress } from 'hono/compress'
import type { z } from 'zod'
import { type ConfigDifference, compareConfigs } from '../run/config-difference.ts'
import { behaviour, purposeCounts } from '../run/figure-query.ts'
import { curve, metricSummaries } from '../run/metric-query.ts'
import { listEvaluations, listWarnings } from '../run/note-query.ts'
import { overviewOf } from '../run/run-overview.ts'
import type { RunReader } from '../run/run-reader.ts'
import {
  countTrajectories,
  listTrajectories,
  readTrajectory,
  trajectoryFacets,
} from '../run/trajectory-query.ts'
import {
  behaviourQuery,
  curveQuery,
  phaseQuery,
  trajectoriesQuery,
  trajectoryQuery,
} from './query.ts'
import type { RunLibrary } from './run-library.ts'
import { toTransport } from './transport.ts'

/** Routes below `/api`. Unknown runs and trajectories are 404, parameters that do not parse 400. */
export function api(library: RunLibrary): Hono {
  const app = new Hono()
  app.use(compress())
  app.get('/runs', (context) =>
    context.json([...library.list()].map(([key, reader]) => ({ key, ...overviewOf(reader) }))),
  )
  app.get('/configs', (context) => {
    const keys = context.req.queries('run') ?? []
    const configs = keys.map((key) => library.get(key)?.config() ?? null)
    return context.json(compareConfigs(configs).map(asTexts))
  })
  for (const [path, answer] of Object.entries(runAnswers)) {
    app.get(`/runs/:run${path}`, (context) => {
      const reader = library.get(context.req.param('run') ?? '')
      if (!reader) return context.json({ error: 'no such run' }, 404)
      const result = answer(reader, context)
      return result instanceof Response ? result : context.json(result ?? null)
    })
  }
  return app
}

type Answer = (reader: RunReader, context: Context) => unknown

const runAnswers: Readonly<Record<string, Answer>> = {
  '': describe,
  '/facets': (reader) => reader.query({ phase: [], stop: [], source: [] }, trajectoryFacets),
  '/warnings': (reader) => reader.query([], listWarnings),
  '/curve': (reader, context) =>
    withQuery(context, curveQuery, (query) =>
      reader.query(null, (database) => curve(database, query)),
    ),
  '/behaviour': (reader, context) =>
    withQuery(context, behaviourQuery, (query) =>
      reader.query([], (database) => behaviour(database, query)),
    ),
  '/purposes': (reader, context) =>
    withQuery(context, phaseQuery, ({ phase }) =>
      reader.query([], (database) => purposeCounts(database, phase)),
    ),
  '/trajectories': (reader, context) =>
    withQuery(context, trajectoriesQuery, ({ sort, descending, offset, limit, ...filter }) =>
      reader.query({ total: 0, rows: [] }, (database) => ({
        total: countTrajectories(database, filter),
        rows: listTrajectories(database, { filter, sort, descending, offset, limit }),
      })),
    ),
  '/trajectory': (reader, context) =>
    withQuery(context, trajectoryQuery, (key) => {
      const found = reader.query(undefined, (database) => readTrajectory(database, key))
      if (found) return toTransport(found.summary, found.body)
      const damage = reader.damage.at(-1)?.message
      return context.json({ error: damage ?? 'no such trajectory' }, damage ? 500 : 404)
    }),
}

/** A row of the table of configurations: values as JSON text, null where a run lacks the key. */
export interface ConfigRow {
  readonly key: string
  readonly values: readonly (string | null)[]
  readonly same: boolean
}

function asTexts({ key, values, same }: ConfigDifference): ConfigRow {
  return { key, values: values.map((value) => JSON.stringify(value) ?? null), same }
}

function describe(reader: RunReader) {
  return {
    config: reader.config(),
    environment: reader.environment(),
    metrics: reader.query([], metricSummaries),
    evaluations: reader.query([], listEvaluations),
    damage: reader.damage,
  }
}

/** The answer to the request's parsed parameters, or the reason why they do not parse. */
function withQuery<T extends z.ZodType>(
  context: Context,
  schema: T,
  answer: (query: z.output<T>) => unknown,
): unknown {
  const parsed = schema.safeParse(context.req.query())
  if (parsed.success) return answer(parsed.data)
  const issue = parsed.error.issues[0]
  return context.json({ error: `${issue?.path.join('.')}: ${issue?.message}` }, 400)
}
