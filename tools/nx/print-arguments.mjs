// Prints its arguments as JSON: what a command run by Nx gets.
console.log(`arguments: ${JSON.stringify(process.argv.slice(2))}`);
