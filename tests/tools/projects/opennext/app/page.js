export default function Page() {
  return <p>Test</p>;
}
