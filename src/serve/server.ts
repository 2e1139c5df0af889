// An OpenAI-compatible server in front of a policy.

import { timingSafeEqual } from 'node:crypto'
import { serve as listen } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { InfrastructureError, UserError } from '../base/errors.ts'
import { chat } from './chat.ts'
import { completions } from './completions.ts'
import type { Reply } from './reply.ts'
import { streamReply, wholeReply } from './reply.ts'
import { parseChatBody, parseCompletionBody } from './request-body.ts'
import { RequestError } from './request-error.ts'
import type { ServedModel } from './served-model.ts'

export interface ServerOptions {
  readonly host?: string
  /** 0 takes a free one. */
  readonly port?: number
  /** Clients must send it as a bearer token. */
  readonly apiKey?: string
}

export interface Server {
  readonly url: string
  close(): Promise<void>
}

/** Listens on 127.0.0.1:8000 unless said otherwise. Throws UserError where the port is taken. */
export async function startServer(
  model: ServedModel,
  options: ServerOptions = {},
): Promise<Server> {
  const { host = '127.0.0.1', port = 8000 } = options
  const app = createApp(model, options.apiKey)
  const running = listen({ fetch: app.fetch, hostname: host, port })
  await new Promise<void>((resolve, reject) => {
    running.once('listening', resolve)
    running.once('error', (error) =>
      reject(
        new UserError(`cannot listen on ${host}:${port}: ${error.message}; choose another --port`),
      ),
    )
  })
  const address = running.address()
  const actual = typeof address === 'object' && address ? address.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        running.close(() => resolve())
        if ('closeAllConnections' in running) running.closeAllConnections()
      }),
  }
}

/** The routes alone, without a socket. */
export function createApp(model: ServedModel, apiKey?: string): Hono {
  const app = new Hono()
  app.onError((error, context) => {
    const known = asRequestError(error)
    return context.json(known.toBody(), known.status)
  })
  app.notFound((context) => {
    const error = new RequestError(`no such route: ${context.req.method} ${context.req.path}`, 404)
    return context.json(error.toBody(), 404)
  })
  app.get('/health', (context) => context.json({ status: 'ok' }))
  app.use('/v1/*', async (context, next) => {
    if (apiKey !== undefined) checkKey(context.req.header('authorization'), apiKey)
    await next()
  })
  const card = {
    id: model.name,
    object: 'model',
    created: 0,
    owned_by: 'retool-rl',
    max_model_len: model.policy.contextLength,
  }
  app.get('/v1/models', (context) => context.json({ object: 'list', data: [card] }))
  app.post('/v1/completions', async (context) => {
    const body = parseCompletionBody(await jsonOf(context))
    checkModel(body.model, model)
    return answer(context, body, (signal) => completions(model, body, signal))
  })
  app.post('/v1/chat/completions', async (context) => {
    const body = parseChatBody(await jsonOf(context))
    checkModel(body.model, model)
    return answer(context, body, (signal) => chat(model, body, signal))
  })
  return app
}

interface StreamWishes {
  readonly stream?: boolean | null | undefined
  readonly stream_options?:
    | { readonly include_usage?: boolean | null | undefined }
    | null
    | undefined
}

/** A client that goes away ends its generation. */
async function answer(
  context: Context,
  wishes: StreamWishes,
  replyOf: (signal: AbortSignal) => Promise<Reply>,
): Promise<Response> {
  const gone = new AbortController()
  const signal = AbortSignal.any([context.req.raw.signal, gone.signal])
  const reply = await replyOf(signal)
  if (!wishes.stream) return context.json(await wholeReply(reply))
  return streamSSE(context, async (stream) => {
    stream.onAbort(() => gone.abort())
    let sent = Promise.resolve()
    const send = (data: string) => {
      sent = sent.then(() => stream.writeSSE({ data }))
    }
    try {
      const includeUsage = wishes.stream_options?.include_usage === true
      await streamReply(reply, includeUsage, (event) => send(JSON.stringify(event)))
      send('[DONE]')
    } catch (error) {
      if (!signal.aborted) send(JSON.stringify(asRequestError(error).toBody()))
    } finally {
      gone.abort()
    }
    await sent
  })
}

async function jsonOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json()
  } catch {
    throw new RequestError('the body is no JSON')
  }
}

function checkModel(asked: string, model: ServedModel): void {
  if (asked === model.name) return
  throw new RequestError(`no model ${asked} here; this server has ${model.name}`, 404, 'model')
}

function checkKey(header: string | undefined, apiKey: string): void {
  const given = Buffer.from(header ?? '')
  const expected = Buffer.from(`Bearer ${apiKey}`)
  if (given.length === expected.length && timingSafeEqual(given, expected)) return
  throw new RequestError('wrong or missing API key', 401)
}

function asRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof UserError) return new RequestError(message, 400)
  return new RequestError(message, error instanceof InfrastructureError ? 503 : 500)
}
