/** The Lambda function behind serverless-offline: sends back what came. */
exports.echo = async (event) => event;
