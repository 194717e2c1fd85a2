import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";

/** @param {string} url */
export async function send(url) {
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  const client = new SQSClient({ region: "eu-central-1", endpoint: url, credentials });
  // What is answered is no queue's answer; the request has left by then.
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "code" })).catch(() => {});
  client.destroy();
}
