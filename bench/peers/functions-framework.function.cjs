/** The function that functions-framework serves: sends back what came. */
const { http } = require('@google-cloud/functions-framework');

http('echo', (request, response) => {
  response.set('content-type', request.get('content-type'));
  response.send(request.rawBody);
});
