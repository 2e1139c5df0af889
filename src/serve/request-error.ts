// What a client gets for a request that cannot be served, in OpenAI's form.

export class RequestError extends Error {
  constructor(
    message: string,
    readonly status: 400 | 401 | 404 | 500 | 503 = 400,
    readonly parameter: string | null = null,
  ) {
    super(message)
  }

  /** The body of the reply. */
  toBody() {
    const type = this.status >= 500 ? 'server_error' : 'invalid_request_error'
    return { error: { message: this.message, type, param: this.parameter, code: null } }
  }
}
