// The server's description for tools that generate clients. The request schemas are those that check.

import { z } from 'zod'
import { executionSchema, runCodeSchema } from './request-schema.ts'

const executionResult = {
  type: 'object',
  required: ['status', 'output', 'stdout', 'exitCode', 'durationMs', 'tier'],
  properties: {
    status: {
      enum: 'ok error exit signal timeout cpu_limit memory_limit output_limit'.split(' '),
    },
    output: { type: 'string', description: 'The text that a model reads' },
    stdout: { type: 'string', description: 'What the program printed, both streams in true order' },
    exception: {
      type: ['object', 'null'],
      properties: { type: { type: 'string' }, message: { type: 'string' } },
    },
    exitCode: { type: ['integer', 'null'] },
    signal: { type: ['string', 'null'] },
    truncated: {
      type: ['object', 'null'],
      properties: { bytesTotal: { type: 'integer' }, bytesKept: { type: 'integer' } },
    },
    durationMs: { type: 'number' },
    queueMs: { type: 'number' },
    cpuMs: { type: 'number' },
    peakMemoryBytes: { type: 'integer' },
    tier: { enum: ['ns-root', 'ns-user', 'landlock', 'unsafe'] },
    files: { type: 'object', additionalProperties: { type: 'string' } },
  },
}

const failure = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: { kind: { type: 'string' }, message: { type: 'string' } },
    },
  },
}

const failures = {
  400: answer('A field is wrong; nothing was run', failure),
  401: answer('The token is missing or does not match', failure),
  413: answer('The body is too large', failure),
  429: answer('Full; come back after the seconds in retry-after', failure),
  503: answer('The sandbox failed', failure),
}

export function openapi(version: string): object {
  const execution = jsonSchema(executionSchema)
  const session = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
  return {
    openapi: '3.1.0',
    info: { title: 'retool-rl sandbox', version },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    security: [{ token: [] }],
    paths: {
      '/v1/executions': { post: operation('Run a program', execution, executionResult) },
      '/v1/sessions': { post: operation('Open a session', undefined, { type: 'object' }) },
      '/v1/sessions/{id}': {
        parameters: [session],
        delete: { summary: 'Close a session', responses: { 204: { description: 'Closed' } } },
      },
      '/v1/sessions/{id}/executions': {
        parameters: [session],
        post: operation('Run a cell; 410 when the session is lost', execution, executionResult),
      },
      '/v1/health': { get: operation('Health and free slots', undefined, { type: 'object' }) },
      '/metrics': {
        get: { summary: 'Prometheus metrics', responses: { 200: { description: '' } } },
      },
      '/run_code': {
        post: operation("SandboxFusion's call, for Python", jsonSchema(runCodeSchema), {
          type: 'object',
        }),
      },
    },
  }
}

function operation(summary: string, request: object | undefined, response: object): object {
  return {
    summary,
    ...(request && { requestBody: { required: true, content: json(request) } }),
    responses: { 200: answer('Done', response), ...failures },
  }
}

function answer(description: string, schema: object): object {
  return { description, content: json(schema) }
}

function json(schema: object): object {
  return { 'application/json': { schema } }
}

function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema) as Record<string, unknown>
  return rest
}
