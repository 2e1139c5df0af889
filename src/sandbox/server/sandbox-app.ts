// The routes of the sandbox server, without a socket.

import { type Context, Hono, type Next } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { InfrastructureError, UserError } from '../../base/errors.ts'
import type { LocalPool } from '../local/local-pool.ts'
import { requestIdHeader } from '../request-id.ts'
import type { Execution, Program } from '../sandbox.ts'
import { AdoptedResults } from './adopted-results.ts'
import { failureKind, failureResponse } from './failure-response.ts'
import { ServerMetrics } from './metrics.ts'
import { openapi } from './openapi.ts'
import {
  type ExecutionRequest,
  executionSchema,
  parsedRequest,
  programOf,
  runCodeSchema,
} from './request-schema.ts'
import { runCodeProgram, runCodeResponse } from './run-code.ts'
import { SessionStore } from './session-store.ts'
import { tokenCheck } from './token-check.ts'

export interface AppOptions {
  readonly pool: LocalPool
  readonly token?: string | undefined
  readonly version: string
  /** Turns requests away from now on; what runs goes on. */
  readonly stopping?: AbortSignal
}

const largestBody = 48 << 20

export function sandboxApp(options: AppOptions): Hono {
  const { pool, token } = options
  const app = new Hono()
  app.onError((error, context) => {
    tellCapacity(context, pool)
    return failureResponse(context, error)
  })
  app.notFound((context) => {
    return context.json({ error: { kind: 'not_found', message: 'no such route' } }, 404)
  })
  app.use(namedAnswer)
  app.use(tokenCheck(token))
  app.use(limitBody)
  if (options.stopping) app.post('*', refuseWhen(options.stopping))
  const metrics = new ServerMetrics(() => pool.state)
  addProgramRoutes(app, pool, metrics)
  addSessionRoutes(app, pool, metrics)
  addStateRoutes(app, options, metrics)
  return app
}

function addProgramRoutes(app: Hono, pool: LocalPool, metrics: ServerMetrics): void {
  const adopted = new AdoptedResults<Execution>()
  const run = (program: Program, signal?: AbortSignal) =>
    counted(metrics, pool.execute(program, signal))
  app.post('/v1/executions', async (context) => {
    const request = await executionRequest(context)
    // A request that names itself may be adopted by its repetition: it outlives its connection.
    const signal = request.id === undefined ? context.req.raw.signal : undefined
    const execution = await adopted.once(request.id, () => run(programOf(request), signal))
    tellCapacity(context, pool)
    return context.json(execution)
  })
  app.post('/run_code', async (context) => {
    const request = parsedRequest(runCodeSchema, await jsonBody(context))
    const execution = await run(runCodeProgram(request), context.req.raw.signal)
    tellCapacity(context, pool)
    return context.json(runCodeResponse(execution))
  })
}

function addSessionRoutes(app: Hono, pool: LocalPool, metrics: ServerMetrics): void {
  const sessions = new SessionStore(pool)
  app.post('/v1/sessions', async (context) => {
    return context.json({ id: await sessions.open(context.req.raw.signal) })
  })
  app.delete('/v1/sessions/:id', async (context) => {
    await sessions.close(context.req.param('id'))
    return context.body(null, 204)
  })
  app.post('/v1/sessions/:id/executions', async (context) => {
    const id = context.req.param('id')
    const program = programOf(await executionRequest(context))
    const session = sessions.get(id)
    try {
      const { signal } = context.req.raw
      const execution = await counted(metrics, session.execute(program, signal))
      tellCapacity(context, pool)
      return context.json(execution)
    } catch (error) {
      if (failureKind(error) === 'session_lost') sessions.forget(id)
      throw error
    }
  })
}

function addStateRoutes(app: Hono, options: AppOptions, metrics: ServerMetrics): void {
  const { pool, stopping, version } = options
  app.get('/v1/health', (context) => {
    const { pids: _, ...state } = pool.state
    const ending = stopping?.aborted ?? false
    const well = state.workers > 0 && !ending
    const status = ending ? 'stopping' : well ? 'ok' : 'failing'
    return context.json({ status, tier: pool.tier, ...state }, well ? 200 : 503)
  })
  app.get('/metrics', async (context) => {
    context.header('content-type', metrics.registry.contentType)
    return context.body(await metrics.registry.metrics())
  })
  app.get('/openapi.json', (context) => context.json(openapi(version)))
}

/** 429, by which clients go elsewhere; what runs already goes on. */
function refuseWhen(stopping: AbortSignal): (context: Context, next: Next) => Promise<void> {
  return async (_, next) => {
    if (stopping.aborted) throw new InfrastructureError('overloaded', 'the server is stopping')
    await next()
  }
}

async function counted(metrics: ServerMetrics, running: Promise<Execution>): Promise<Execution> {
  try {
    const execution = await running
    metrics.ended(execution)
    return execution
  } catch (error) {
    if (!(error instanceof UserError)) metrics.failed(failureKind(error))
    throw error
  }
}

async function executionRequest(context: Context): Promise<ExecutionRequest> {
  return parsedRequest(executionSchema, await jsonBody(context))
}

async function jsonBody(context: Context): Promise<unknown> {
  const bytes = await context.req.arrayBuffer()
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UserError('body: expected UTF-8')
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UserError(`body: expected JSON: ${error instanceof Error ? error.message : ''}`)
  }
}

function namedAnswer(context: Context, next: Next): Promise<void> {
  const id = context.req.header(requestIdHeader)
  if (id !== undefined) context.header(requestIdHeader, id)
  return next()
}

/** Before the answer is made: adding a header to it costs more than making it. */
function tellCapacity(context: Context, pool: LocalPool): void {
  context.header('x-free-slots', String(pool.state.freeSlots))
}

const countBody = bodyLimit({ maxSize: largestBody, onError: tooLarge })

/** A length that is told needs no counting, for which the body would become a stream. */
async function limitBody(context: Context, next: Next): Promise<Response | undefined> {
  const length = context.req.header('content-length')
  if (length === undefined || context.req.header('transfer-encoding') !== undefined) {
    return (await countBody(context, next)) ?? undefined
  }
  if (Number(length) > largestBody) return tooLarge(context)
  await next()
  return undefined
}

function tooLarge(context: Context): Response {
  const message = `body: more than ${largestBody} bytes`
  return context.json({ error: { kind: 'invalid_request', message } }, 413)
}
