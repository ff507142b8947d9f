export const POWERSHELL = `# Completion of pgstep for PowerShell. For all sessions, in $PROFILE:
#   pgstep completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName pgstep, pgstep.exe -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements |
        Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text.Trim('"', "'") })
    $prefix = ''
    $value = $wordToComplete
    if ($wordToComplete -match '^(-[^=]*=)(.*)$') {
        $prefix = $Matches[1]
        $value = $Matches[2]
    }
    & $commandAst.GetCommandName() __complete "+$wordToComplete" @before 2>$null | ForEach-Object {
        if ($_ -eq ':program') {
            [System.Management.Automation.CompletionCompleters]::CompleteCommand($value)
        } elseif ($_.StartsWith(':')) {
            [System.Management.Automation.CompletionCompleters]::CompleteFilename($value) | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new(
                    $prefix + $_.CompletionText, $_.ListItemText, $_.ResultType, $_.ToolTip)
            }
        } else {
            $text, $note = $_.Split([char]9, 2)
            if (-not $note) { $note = $text }
            [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $note)
        }
    }
}
`;
