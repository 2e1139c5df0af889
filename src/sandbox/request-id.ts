// The header by which an answer says which request it answers: servers send back what they were sent.

export const requestIdHeader = 'x-request-id'
